/** The door of the stage: what later stages may call. */

export { type AlertPage, findAlert, listAlerts } from './alert.store.ts';
export { type Alert, type AlertState, alertRef } from './alert.ts';
export { type DeclareMonitor, declareMonitor, removeMonitor } from './declare-monitor.ts';
export { labelsOfPrediction } from './labels-of-prediction.ts';
export { findMonitor, listMonitors, watermarkOf } from './monitor.store.ts';
export { declarationOf, defaultMonitor, type Monitor, type MonitorDeclaration, monitorRef } from './monitor.ts';
export { listNearestPredictions, type NearPrediction } from './nearest-predictions.store.ts';
export { countLabelled } from './prediction-index.store.ts';
export { maturedUntil } from './quality.store.ts';
export { type LabelledRow, readLabelled } from './read-labelled.ts';
export { type Signal, signals } from './signal.ts';
export { findWindow, listWindows, type WindowPage, type WindowRow } from './window.store.ts';
export { parseWindowRef, windowRef, windowStart } from './window.ts';

import { readFile } from 'node:fs/promises';

/** One patient as the caller of the model knows them; the truth stays here until it is known. */
export interface Patient {
  readonly patient: string;
  /** ISO 8601, UTC. */
  readonly event_time: string;
  readonly features: Readonly<Record<string, number>>;
  readonly progression: number;
}

export interface Answer {
  readonly patient: Patient;
  readonly prediction: number;
  /** `diabetes/2` */
  readonly version: string | null;
  /** `null`: answered. */
  readonly failure: string | null;
}

export const DAY_MS = 86_400_000;
/** How long after the visit the truth is told. */
const LABEL_DELAY_MS = 7 * DAY_MS;

export async function readPatients(file: string): Promise<Patient[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Patient);
}

/** When the truth about a patient is told, event time. */
export function labelTime({ event_time }: Patient): number {
  return Date.parse(event_time) + LABEL_DELAY_MS;
}

/** Asks once; what fails stays a failure. */
export async function askModel(url: string, patient: Patient): Promise<Answer> {
  const nothing = { patient, prediction: Number.NaN, version: null };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'bucle-event-time': patient.event_time,
        'bucle-key': patient.patient,
      },
      body: JSON.stringify({ dataframe_records: [patient.features] }),
    });
    const text = await response.text();
    if (!response.ok) return { ...nothing, failure: `${response.status} ${text.slice(0, 200)}` };
    const { predictions } = JSON.parse(text) as { predictions: readonly [number | readonly [number]] };
    const [prediction] = [predictions[0]].flat();
    const version = response.headers.get('bucle-model-version');
    return { patient, prediction: prediction ?? Number.NaN, version, failure: null };
  } catch (error) {
    return { ...nothing, failure: String(error) };
  }
}

/** A file of labels as `bucle labels import` takes it: by the key, since callers keep no prediction ids. */
export function writeLabels(patients: readonly Patient[]): string {
  const lines = patients.map((one) =>
    JSON.stringify({
      ...{ key: one.patient, event_time: one.event_time, value: one.progression },
      label_time: new Date(labelTime(one)).toISOString(),
    }),
  );
  return `${lines.join('\n')}\n`;
}

import type { Context } from '../context.ts';
import type { App } from '../platform/http/create-http.ts';
import { lineageRoutes } from './lineage.ts';
import { statusRoutes } from './status.ts';
import { timelineRoutes } from './timeline/timeline.routes.ts';

/** Read models over several stages. */
export function viewRoutes(app: App, context: Context): void {
  statusRoutes(app, context);
  lineageRoutes(app, context);
  timelineRoutes(app, context);
}

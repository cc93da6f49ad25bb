import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { readTimeline } from './read-timeline.ts';
import { servingAt } from './serving-at.ts';
import { ServingAt, ServingQuery, TimelinePage, TimelineQuery } from './timeline.schema.ts';

const tags = ['timeline'];

/** What happened, and which version answered when. */
export function timelineRoutes(app: App, context: Pick<Context, 'db' | 'blobs'>): void {
  app.get(
    '/api/v1/timeline',
    {
      schema: {
        tags,
        operationId: 'getTimeline',
        summary: 'What happened, in order: one sentence each, with what led to it.',
        querystring: TimelineQuery,
        response: { 200: TimelinePage },
      },
    },
    ({ query }) => readTimeline(context, query),
  );
  app.get(
    '/api/v1/endpoints/:name/serving-at',
    {
      schema: {
        tags,
        operationId: 'getServingAt',
        summary:
          'Which version answered at a moment: by the server’s clock from what moved traffic, by the users’ clock from ' +
          'the predictions themselves.',
        params: Type.Object({ name: Type.String({ maxLength: 100 }) }),
        querystring: ServingQuery,
        response: { 200: ServingAt },
      },
    },
    ({ params: { name: endpoint }, query }) => servingAt(context, { endpoint, ...query }),
  );
}

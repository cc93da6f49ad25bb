import type { Db } from '../../database.ts';

const WORKSPACE = 'default';

export interface NearPrediction {
  /** Of the request. */
  readonly id: string;
  /** Milliseconds, the users' world. */
  readonly eventTime: number;
  /** `version:flights/3` */
  readonly version: string;
  /** Id of the deployment. */
  readonly deployment: string;
}

/** Indexed predictions around an event time: so many at or before it, and so many after. None without a monitor. */
export async function listNearestPredictions(
  db: Db,
  { endpoint, at, each }: { readonly endpoint: string; readonly at: number; readonly each: number },
): Promise<NearPrediction[]> {
  const near = () =>
    db
      .selectFrom('monitor_predictions')
      .select(['id', 'event_time as eventTime', 'version', 'deployment'])
      .where('workspace', '=', WORKSPACE)
      .where('endpoint', '=', endpoint)
      .limit(each);
  const before = await near().where('event_time', '<=', at).orderBy('event_time', 'desc').execute();
  return [...before, ...(await near().where('event_time', '>', at).orderBy('event_time').execute())];
}

import type { World } from './world.ts';

/** Event time that schedules were looked at never goes back. */
export function passSchedules(world: World, until: number | null): World {
  if (until === null || (world.scheduledUntil ?? Number.NEGATIVE_INFINITY) >= until) return world;
  return { ...world, scheduledUntil: until };
}

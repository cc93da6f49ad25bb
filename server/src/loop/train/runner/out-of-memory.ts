import { readFileSync } from 'node:fs';

const EVENTS = '/sys/fs/cgroup/memory.events';

/** How often the system killed something in our control group for want of memory; 0 where it can't be known. */
export function countOutOfMemoryKills(path: string = EVENTS): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Words by which programs say that memory ran out before they end by themselves. */
export function saysOutOfMemory(tail: string): boolean {
  return /^(?:\w+\.)*(?:MemoryError|OutOfMemoryError|torch\.(?:cuda\.)?OutOfMemoryError|numpy\._core\._exceptions\._ArrayMemoryError)\b|CUDA out of memory/m.test(
    tail,
  );
}

/** The URL of a module beside the caller, as source (`.ts`) or as built (`.js`): worker threads and child processes need it. */
export function siblingModule(callerUrl: string, name: string): URL {
  const extension = callerUrl.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`${name}${extension}`, callerUrl);
}

/** One request of MLflow's protocol and its answer. `$run` and the like stand for ids of the subjects (see `subjects.ts`). */
export interface Case {
  /** A sentence that states the rule. */
  readonly rule: string;
  /** `POST runs/set-tag`, below `/api/2.0/mlflow/`; from the root when the path begins with a slash. */
  readonly call: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** null: no header; absent: application/json. */
  readonly type?: string | null;
  /** Default 200. */
  readonly status?: number;
  /** Default of a 400: INVALID_PARAMETER_VALUE. */
  readonly code?: string;
  /** The whole message. */
  readonly message?: string;
  /** The answer has at least these. */
  readonly answer?: object;
}

export const API = ' See the API docs for more information about request parameters.';

export function missing(parameter: string): string {
  return `Missing value for required parameter '${parameter}'.${API}`;
}

/** `Invalid value 5 for parameter 'name' …`, as Python shows value and type. */
export function wrongType(value: string, parameter: string, type: string): string {
  return `Invalid value ${value} for parameter '${parameter}' supplied:  Hint: Value was of type '${type}'.${API}`;
}

export function wrongCharacters(value: string, parameter: string): string {
  return (
    `Invalid value "${value}" for parameter '${parameter}' supplied: Names may only contain alphanumerics, ` +
    'underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).'
  );
}

export function wrongPath(value: string, parameter: string, normal: string): string {
  return (
    `Invalid value "${value}" for parameter '${parameter}' supplied: Names may be treated as files in certain cases, ` +
    `and must not resolve to other names when treated as such. This name would resolve to '${normal}'`
  );
}

export function tooLong(parameter: string, most: number): string {
  return `'${parameter}' exceeds the maximum length of ${most} characters`;
}

import { ApiError } from '@bucle/client';

/** Gives a refusal without a next step, as MLflow's protocol has them, the one that this command knows. */
export async function withNext<T>(next: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ApiError) || error.next !== undefined || error.status < 400 || error.status > 499)
      throw error;
    const { status, code, message: title, request, details } = error;
    throw new ApiError({ status, code, title, next, request, details });
  }
}

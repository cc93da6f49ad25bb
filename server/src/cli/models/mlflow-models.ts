import { type Found, getMlflow, given, type MlflowParts, type Pair, readPages } from '../mlflow.ts';

/** MLflow's own shapes, as far as the command line shows them. */
export interface MlflowVersion {
  readonly name: string;
  readonly version: string;
  readonly creation_timestamp?: number;
  readonly last_updated_timestamp?: number;
  readonly current_stage?: string;
  readonly description?: string;
  readonly source?: string;
  readonly run_id?: string;
  readonly status?: string;
  readonly aliases?: readonly string[];
  readonly tags?: readonly Pair[];
}

export interface MlflowModel {
  readonly name: string;
}

export interface RegistrySearch {
  readonly filter?: string | undefined;
  readonly orderBy?: readonly string[] | undefined;
  readonly limit: number;
}

interface Page {
  readonly registered_models?: MlflowModel[];
  readonly model_versions?: MlflowVersion[];
  readonly next_page_token?: string;
}

export function searchModels(io: MlflowParts, search: RegistrySearch): Promise<Found<MlflowModel>> {
  return readPages(search.limit, async (limit, token) => {
    const { registered_models: items = [], ...page } = await readPage(io, 'registered-models/search', {
      ...{ ...search, limit, token },
    });
    return { ...page, items };
  });
}

export function searchVersions(io: MlflowParts, search: RegistrySearch): Promise<Found<MlflowVersion>> {
  return readPages(search.limit, async (limit, token) => {
    const { model_versions: items = [], ...page } = await readPage(io, 'model-versions/search', {
      ...{ ...search, limit, token },
    });
    return { ...page, items };
  });
}

function readPage(
  io: MlflowParts,
  path: string,
  { filter, orderBy, limit, token }: RegistrySearch & { readonly token: string | undefined },
): Promise<Page> {
  return getMlflow<Page>(io, path, given({ filter, order_by: orderBy, max_results: limit, page_token: token }));
}

export {
  ApiError,
  type Client,
  type ClientOptions,
  createClient,
  fillPath,
  type QueryValue,
  type RequestOptions,
} from './client.ts';

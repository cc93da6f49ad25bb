/** Taking over what an MLflow store holds: the server's routes, and what reads the source on the user's machine. */

export { importRoutes } from './import.routes.ts';

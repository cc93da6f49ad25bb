/** bucle.yaml: parse, plan, apply, and drift of what is live against what is declared. */

export { projectErrors } from './errors.ts';
export { projectRoutes } from './project.routes.ts';
export { ProjectFile } from './project-file.schema.ts';

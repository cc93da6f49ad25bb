import type { Context } from '../../../context.ts';
import { type AddOperation, missing, required, text } from '../mlflow-protocol/index.ts';
import { toAssessmentJson } from './assessment.ts';
import { type AssessmentMessage, assessmentMessage, toAssessment, toMetadata, valueIn } from './assessment-fields.ts';
import {
  type AssessmentChange,
  createAssessment,
  deleteAssessment,
  requireAssessment,
  updateAssessment,
} from './change-assessment.ts';
import { fieldMask } from './trace-fields.ts';

const path = 'traces/:trace_id/assessments';
const one = { trace_id: required(text()), assessment_id: required(text()) };

/** What people, programs and models think of traces. */
export function assessmentOperations(add: AddOperation, parts: Pick<Context, 'db' | 'clock'>): void {
  add({
    method: 'POST',
    path,
    jobs: true,
    request: { trace_id: required(text()), assessment: assessmentMessage },
    async handle({ trace_id, assessment }, { principal }) {
      if (assessment === undefined) throw missing('assessment');
      const made = toAssessment(assessment, trace_id, parts.clock.now());
      await createAssessment(parts, made, principal);
      return { assessment: toAssessmentJson(made) };
    },
  });
  add({
    method: 'GET',
    path: `${path}/:assessment_id`,
    request: one,
    async handle({ trace_id, assessment_id }) {
      return { assessment: toAssessmentJson(await requireAssessment(parts.db.read, trace_id, assessment_id)) };
    },
  });
  add({
    method: 'PATCH',
    path: `${path}/:assessment_id`,
    jobs: true,
    request: { ...one, assessment: assessmentMessage, update_mask: fieldMask() },
    async handle({ trace_id, assessment_id, assessment, update_mask }, { principal }) {
      if (assessment === undefined) throw missing('assessment');
      if (update_mask === undefined) throw missing('update_mask');
      const change = changeOf(assessment, update_mask);
      const changed = await updateAssessment(parts, { trace: trace_id, id: assessment_id, change }, principal);
      return { assessment: toAssessmentJson(changed) };
    },
  });
  add({
    method: 'DELETE',
    path: `${path}/:assessment_id`,
    jobs: true,
    request: one,
    async handle({ trace_id, assessment_id }, { principal }) {
      await deleteAssessment(parts, { trace: trace_id, id: assessment_id }, principal);
      return {};
    },
  });
}

/** Only what the mask names. */
function changeOf(given: AssessmentMessage, mask: readonly string[]): AssessmentChange {
  const named = (name: string) => mask.includes(name);
  const value = named('feedback') || named('expectation') ? valueIn(given) : null;
  const metadata = named('metadata') ? toMetadata(given) : null;
  return {
    ...(named('assessment_name') ? { name: given.assessment_name ?? '' } : {}),
    ...(named('rationale') ? { rationale: given.rationale } : {}),
    ...(value === null ? {} : { value }),
    ...(metadata === null ? {} : { metadata }),
  };
}

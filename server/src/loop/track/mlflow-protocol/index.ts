/** MLflow's REST dialect, for every stage that answers its clients. */

export {
  expectOperator,
  LIST_OPERATORS,
  NULL_OPERATORS,
  NUMBER_OPERATORS,
  type NumberTest,
  numberTest,
  pythonList,
  pythonSet,
  TEXT_OPERATORS,
  type TextTest,
  textTest,
} from './check-comparison.ts';
export {
  afterKeys,
  byBytes,
  metricCondition,
  nullsLast,
  numberCondition,
  orderClause,
  type SortKey,
  textCondition,
} from './conditions.store.ts';
export { type Comparison, type FilterValue, type ListItem, type Operator, parseFilter } from './filter.ts';
export { invalidParameter, MlflowError, type MlflowErrorCode, mlflowError, translateError } from './mlflow-error.ts';
export { type AddOperation, type MlflowOperation, mlflowOperations, speakMlflow } from './mlflow-operations.ts';
export { type OrderBy, parseOrderBy } from './order-by.ts';
export { checkMaxResults, cutPage, decodePageToken, encodePageToken, type KeysetValues } from './page-token.ts';
export {
  choice,
  double,
  type Field,
  type Fields,
  flag,
  integer,
  invalidValue,
  list,
  type Message,
  message,
  missing,
  pythonJson,
  pythonText,
  readMessage,
  required,
  text,
} from './request-fields.ts';
export { Kept, toResponseJson } from './response-json.ts';
export {
  type Attribute,
  type Condition,
  type Order,
  readConditions,
  readOrder,
  type SearchGrammar,
  type SortColumn,
} from './search-grammar.ts';
export {
  attributeKeys,
  conditionSql,
  type FoundRow,
  hangsOn,
  type PageQuery,
  type PageRequest,
  pageSql,
  type SearchScope,
  selectPage,
} from './search-page.store.ts';

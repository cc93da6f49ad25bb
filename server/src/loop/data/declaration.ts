/** What a dataset promises about its tables: monitor, evaluation and policies read it. */
export interface DatasetDeclaration {
  /** Column with what is to be predicted. */
  readonly label: string | null;
  /** Column that says when a row happened in the users' world. */
  readonly eventTime: string | null;
  /** Column that names the thing that a row is about. */
  readonly key: string | null;
  readonly description: string | null;
}

export interface DeclaredDataset extends DatasetDeclaration {
  readonly name: string;
  /** Milliseconds since the epoch, the server's clock. */
  readonly changedAt: number;
  readonly changedBy: string;
}

export function isSameDeclaration(a: DatasetDeclaration, b: DatasetDeclaration): boolean {
  return a.label === b.label && a.eventTime === b.eventTime && a.key === b.key && a.description === b.description;
}

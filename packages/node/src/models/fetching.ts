/** What a source fills. */
export interface Fetching {
  readonly partPath: string;
  readonly sizeBytes: number;
  readonly onBytes: (doneBytes: number) => void;
}

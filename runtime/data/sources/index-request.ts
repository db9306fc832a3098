/** Which records of a data set are meant. */
export interface IndexRequest {
  /** A folder or a file. */
  readonly path: string;
  /** Records of this split alone; undefined for all. */
  readonly split: string | undefined;
}

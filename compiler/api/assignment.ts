/** The parts of `name=value`, split at the first `=`. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** One record per fault: everything that it says, in one place. */
export interface FaultEntry<Params> {
  readonly exitCode: 1 | 3;
  /** The row of the error index. */
  readonly title: string;
  readonly message: (params: Params) => string;
  /** One thing that can be done or typed in. */
  readonly hint?: (params: Params) => string | undefined;
  /** The long story of `weft explain`, in Markdown. */
  readonly explain: string;
}

export function defineFault<Params>(entry: FaultEntry<Params>): FaultEntry<Params> {
  return entry;
}

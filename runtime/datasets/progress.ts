/** Who is told how far a long piece of work is: a bar on a terminal, lines in a log, or nobody. */
export type ReportProgress = (
  title: string,
  total: number,
  unit: "bytes" | "items",
) => { readonly update: (done: number) => void; readonly finish: () => void };

import { defineDiagnostic } from "../diagnostic.ts";

export const axisDiagnostics = {
  "unknown-axis": defineDiagnostic<{ readonly name: string; readonly nearest: readonly string[] }>({
    severity: "error",
    title: "an axis name that nothing declares",
    message: ({ name }) => `there is no axis \`${name}\` here`,
    hint: ({ nearest }) => (nearest.length > 0 ? `did you mean \`${nearest.join("` or `")}\`?` : undefined),
    explain: "",
  }),
} as const;

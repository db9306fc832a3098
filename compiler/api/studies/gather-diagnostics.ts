import type { Diagnostic } from "../../diagnostics/diagnostic.ts";

/** Findings of many cells: what one line of text says of several is told once, with the cells that it concerns. */
interface GatheredDiagnostics {
  add(cell: string, diagnostics: readonly Diagnostic[]): void;
  readonly hasErrors: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export function gatherDiagnostics(): GatheredDiagnostics {
  const found = new Map<string, { readonly diagnostic: Diagnostic; readonly cells: string[] }>();
  return {
    add(cell, diagnostics) {
      for (const diagnostic of diagnostics) {
        const { file, start, end } = diagnostic.primary.span;
        const key = JSON.stringify([diagnostic.code, file.path, start, end]);
        const known = found.get(key);
        if (known === undefined) found.set(key, { diagnostic, cells: [cell] });
        else known.cells.push(cell);
      }
    },
    get hasErrors() {
      return [...found.values()].some(({ diagnostic }) => diagnostic.severity === "error");
    },
    get diagnostics() {
      return [...found.values()].map(({ diagnostic, cells }) => ({
        ...diagnostic,
        notes: [...diagnostic.notes, cellsText(cells)],
      }));
    },
  };
}

const mostNamed = 3;

function cellsText(cells: readonly string[]): string {
  const named = cells.slice(0, mostNamed).map((name) => `\`${name}\``);
  const more = cells.length - named.length;
  if (more > 0) return `in the cells ${named.join(", ")} and ${more} more`;
  return `in the ${named.length === 1 ? "cell" : "cells"} ${named.join(", ")}`;
}

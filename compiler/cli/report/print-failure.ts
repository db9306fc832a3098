import { RuntimeFault, SeveralFaults } from "../../../runtime/faults.ts";
import { CompileError } from "../../api/compile-error.ts";
import { type ExitCode, exitCode, Failure } from "../../api/failure.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { toJson } from "../../diagnostics/diagnostic-json.ts";
import { ansiPalette, paint, plainPalette } from "../../diagnostics/palette.ts";
import { renderDiagnostics } from "../../diagnostics/render.ts";
import type { Host } from "../host.ts";
import { writeJson } from "./write-json.ts";

/**
 * Says what went wrong and returns the exit code that it means. With `--json` the finding is the result
 * and goes to stdout.
 */
export function printFailure(error: unknown, host: Host, asJson: boolean): ExitCode {
  const found = asJson ? failureReport(error) : undefined;
  if (found !== undefined) {
    writeJson(host, { diagnostics: found.diagnostics });
    return found.exitCode;
  }
  if (error instanceof CompileError) {
    printDiagnostics(error.diagnostics, host);
    return exitCode.input;
  }
  const findings = findingsOf(error);
  if (findings !== undefined) {
    for (const { code, message, hint } of findings)
      host.say(findingText(code, message, hint, host));
    return worstOf(findings);
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  host.say(
    `${host.style.colors.red("weft: this is a mistake in Weft, not in your file")}\n${text}\n`,
  );
  return exitCode.internal;
}

/** What went wrong as plain data, and the exit code that it means; undefined for a mistake of our own. */
export function failureReport(
  error: unknown,
): { readonly diagnostics: readonly unknown[]; readonly exitCode: ExitCode } | undefined {
  if (error instanceof CompileError)
    return { diagnostics: error.diagnostics.map(toJson), exitCode: exitCode.input };
  const findings = findingsOf(error);
  if (findings === undefined) return undefined;
  const diagnostics = findings.map(({ code, message, hint = null }) => ({
    code,
    severity: "error",
    message,
    hint,
  }));
  return { diagnostics, exitCode: worstOf(findings) };
}

function findingsOf(error: unknown): readonly (Failure | RuntimeFault)[] | undefined {
  if (error instanceof SeveralFaults) return error.faults;
  return error instanceof Failure || error instanceof RuntimeFault ? [error] : undefined;
}

function worstOf(findings: readonly { readonly exitCode: ExitCode }[]): ExitCode {
  return findings.some((one) => one.exitCode === exitCode.internal)
    ? exitCode.internal
    : (findings[0]?.exitCode ?? exitCode.internal);
}

export function printDiagnostics(diagnostics: readonly Diagnostic[], host: Host): void {
  host.say(renderDiagnostics(diagnostics, { palette: paletteOf(host) }));
}

/** A finding without a place in a source, in the layout of those that have one. */
function findingText(code: string, message: string, hint: string | undefined, host: Host): string {
  const palette = paletteOf(host);
  const title = `${paint(palette, "error", `error[${code}]`)}${paint(palette, "message", `: ${message}`)}\n`;
  return hint === undefined ? title : `${title}  ${paint(palette, "help", "help:")} ${hint}\n`;
}

function paletteOf(host: Host) {
  return host.style.colors.isColorSupported ? ansiPalette : plainPalette;
}

import { expect, test } from "vitest";
import { jsonText } from "../../compiler/cli/report/write-json.ts";

test("JSON has no character that a terminal obeys, and gives back every one", () => {
  const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  const json = jsonText({ text }, 2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal.
  expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(JSON.parse(json)).toEqual({ text });
});

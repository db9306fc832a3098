import {
  type FunctionDeclarationStructure,
  type InterfaceDeclarationStructure,
  Project,
  StructureKind,
} from "ts-morph";
import { stageStatements } from "./emit-stages.ts";
import type { ModeBinding, ModelBinding } from "./model-binding.ts";
import { interfaceOf, tensorType } from "./tensor-interface.ts";
import { typeName } from "./type-name.ts";

/**
 * The TypeScript file through which a program calls a model: for each mode its inputs, its outputs and
 * a function that loads it, for each stage its record and functions that train by it, with shapes and readers as
 * documentation that an editor shows.
 */
export function emitBindings(model: ModelBinding): string {
  const project = new Project({ useInMemoryFileSystem: true });
  const file = project.createSourceFile("bindings.ts", {
    statements: [
      {
        kind: StructureKind.ImportDeclaration,
        moduleSpecifier: model.library,
        namedImports: importedNames(model).map((name) => ({ name, isTypeOnly: !isCalled(name) })),
      },
      ...model.modes.flatMap((mode) => [
        interfaceOf(
          `${typeName(mode.mode)}Inputs`,
          `What \`${mode.mode}\` takes.`,
          mode.inputs,
          true,
        ),
        interfaceOf(
          `${typeName(mode.mode)}Outputs`,
          `What \`${mode.mode}\` gives.`,
          mode.outputs,
          false,
        ),
        optionsOf(mode),
        loaderOf(model, mode),
      ]),
      ...model.stages.flatMap((stage) => stageStatements(model, stage)),
    ],
  });
  file.insertText(0, heading(model));
  file.formatText({ indentSize: 2 });
  return file.getFullText();
}

function heading(model: ModelBinding): string {
  return `// ${model.model} of ${model.shownFile}, written by \`weft export --to ts\`. Do not edit: export again.\n`;
}

/** Functions before types. */
function importedNames({ modes, stages }: ModelBinding): readonly string[] {
  const tensors = [
    ...modes.flatMap((mode) => [...mode.inputs, ...mode.outputs]),
    ...stages.flatMap(({ inputs }) => inputs),
  ];
  const called = [
    ...(stages.length > 0 ? ["grad", "train"] : []),
    ...(modes.length > 0 ? ["load"] : []),
  ];
  const ofStages =
    stages.length === 0 ? [] : ["Gradients", "GradOptions", "TrainingOptions", "TrainingRun"];
  const ofModes = modes.length === 0 ? [] : ["LoadOptions", "LoadedMode"];
  const types = [...ofModes, ...ofStages, ...tensors.map(tensorType)];
  return [...called, ...new Set(types.toSorted())];
}

function isCalled(name: string): boolean {
  return ["grad", "load", "train"].includes(name);
}

/** `load`'s options, less what the bindings know. */
function optionsOf(mode: ModeBinding): InterfaceDeclarationStructure {
  return {
    kind: StructureKind.Interface,
    name: `${typeName(mode.mode)}Options`,
    isExported: true,
    extends: [`Omit<LoadOptions, "file" | "model" | "mode" | "set" | "sizes">`],
    properties: [
      {
        name: "sizes",
        isReadonly: true,
        hasQuestionToken: true,
        type: `{ ${mode.freeAxes.map((axis) => `readonly ${axis}?: number`).join("; ")} }`,
        docs: ["Sizes of the axes that a program is free to choose. The default is 1."],
      },
    ],
  };
}

function loaderOf(model: ModelBinding, mode: ModeBinding): FunctionDeclarationStructure {
  const name = typeName(mode.mode);
  const fixed = [
    `file: new URL(${JSON.stringify(model.file)}, import.meta.url)`,
    `model: ${JSON.stringify(model.model)}`,
    `mode: ${JSON.stringify(mode.mode)}`,
    `set: ${JSON.stringify(model.settings)}`,
    "sizes: { ...options.sizes }",
  ];
  return {
    kind: StructureKind.Function,
    name: `load${name}`,
    isExported: true,
    docs: [
      `Compiles \`${mode.mode}\`, fills its parameters and keeps it on the device until \`dispose\`.`,
    ],
    parameters: [{ name: "options", type: `${name}Options`, initializer: "{}" }],
    returnType: `Promise<LoadedMode<${name}Inputs, ${name}Outputs>>`,
    statements: (writer) => {
      writer.writeLine("return load({");
      writer.indent(() => {
        for (const entry of ["...options", ...fixed]) writer.writeLine(`${entry},`);
      });
      writer.writeLine("});");
    },
  };
}

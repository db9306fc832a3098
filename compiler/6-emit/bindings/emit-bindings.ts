import {
  type FunctionDeclarationStructure,
  type InterfaceDeclarationStructure,
  Project,
  type PropertySignatureStructure,
  StructureKind,
} from "ts-morph";
import type { ModeBinding, ModelBinding, TensorBinding } from "./model-binding.ts";
import { typeName } from "./type-name.ts";

/**
 * The TypeScript file through which a program calls a model: for each mode its inputs, its outputs and
 * a function that loads it, with shapes and readers as documentation that an editor shows.
 */
export function emitBindings(model: ModelBinding): string {
  const project = new Project({ useInMemoryFileSystem: true });
  const file = project.createSourceFile("bindings.ts", {
    statements: [
      {
        kind: StructureKind.ImportDeclaration,
        moduleSpecifier: model.library,
        namedImports: importedNames(model).map((name) => ({ name, isTypeOnly: name !== "load" })),
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
    ],
  });
  file.insertText(0, heading(model));
  file.formatText({ indentSize: 2 });
  return file.getFullText();
}

function heading(model: ModelBinding): string {
  return `// ${model.model} of ${model.shownFile}, written by \`weft export --to ts\`. Do not edit: export again.\n`;
}

function importedNames(model: ModelBinding): readonly string[] {
  const tensors = model.modes.flatMap((mode) => [...mode.inputs, ...mode.outputs]).map(tensorType);
  return ["load", ...new Set(["LoadOptions", "LoadedMode", ...tensors].toSorted())];
}

function interfaceOf(
  name: string,
  summary: string,
  tensors: readonly TensorBinding[],
  isInput: boolean,
): InterfaceDeclarationStructure {
  return {
    kind: StructureKind.Interface,
    name,
    isExported: true,
    docs: [summary],
    properties: tensors.map((tensor): PropertySignatureStructure => {
      const type = tensorType(tensor);
      return {
        kind: StructureKind.PropertySignature,
        name: tensor.name,
        isReadonly: true,
        hasQuestionToken: tensor.isOptional,
        type: isInput ? `${type} | string` : type,
        docs: [tensorDocumentation(tensor, isInput)],
      };
    }),
  };
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

function tensorType(tensor: TensorBinding): string {
  if (tensor.element === "u32") return "UnsignedTensor";
  return tensor.element === "f32" ? "RealTensor" : "IntegerTensor";
}

function tensorDocumentation(tensor: TensorBinding, isInput: boolean): string {
  const axes = tensor.shape.map(({ name, size }) =>
    size === undefined ? name : `${name} = ${size}`,
  );
  const type = `\`${tensor.element}[${axes.join(", ")}]\``;
  if (!isInput) return `${type}, row-major.`;
  if (tensor.isOptional) return `${type}, row-major. Without it, \`${tensor.reader}\`.`;
  const reader = tensor.reader === undefined ? "" : ` or an image, by \`${tensor.reader}\``;
  return `${type}, row-major. Text names a \`.npy\` file, \`FILE.safetensors:tensor\`, \`random:SEED\`${reader}.`;
}

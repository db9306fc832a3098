/**
 * A block of WGSL under construction. A child's lines enter the parent when it is closed, so a value
 * that is found to be invariant while a loop's body is printed can still be put before the loop.
 */
export class Block {
  readonly parent: Block | undefined;
  readonly depth: number;
  /** May its lines run zero times? Loads must not leave such a block. */
  readonly isConditional: boolean;
  /** Names of values that lines of this block have computed, by key. */
  readonly values = new Map<string, string>();
  readonly #lines: string[] = [];

  constructor(parent?: Block, isConditional = false) {
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.isConditional = isConditional;
  }

  add(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  /** `header {`, the lines that `fill` writes into a new block, `}`. */
  nest(
    header: string,
    fill: (body: Block) => void,
    options: { isConditional?: boolean } = {},
  ): void {
    const body = new Block(this, options.isConditional ?? false);
    fill(body);
    this.add(`${header} {`, ...body.indented(), "}");
  }

  /** `if (condition) { ... } else { ... }`. */
  branch(condition: string, then: (body: Block) => void, otherwise: (body: Block) => void): void {
    const thenBlock = new Block(this, true);
    const otherwiseBlock = new Block(this, true);
    then(thenBlock);
    otherwise(otherwiseBlock);
    this.add(
      `if (${condition}) {`,
      ...thenBlock.indented(),
      "} else {",
      ...otherwiseBlock.indented(),
      "}",
    );
  }

  indented(): string[] {
    return this.#lines.map((line) => `  ${line}`);
  }

  /** The name that this block or one around it has given to a value. */
  nameOf(key: string): string | undefined {
    return this.values.get(key) ?? this.parent?.nameOf(key);
  }

  isAround(other: Block): boolean {
    let block: Block | undefined = other;
    while (block !== undefined && block !== this) block = block.parent;
    return block === this;
  }

  /** The innermost block from here outwards that may not run at all, if there is one. */
  innermostConditional(): Block | undefined {
    return this.isConditional ? this : this.parent?.innermostConditional();
  }
}

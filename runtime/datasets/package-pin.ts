/** A package of one version, with the checksum that its bytes must have. */
export type PackagePin = NpmPin | DebianPin;

interface NpmPin {
  readonly registry: "npm";
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  /** Base64, as `npm view NAME@VERSION dist.integrity` has it behind `sha512-`. */
  readonly sha512: string;
}

export interface DebianPin {
  readonly registry: "debian";
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  /** Hexadecimal, as `apt-cache show NAME` has it. */
  readonly sha256: string;
}

/** How messages and records name a package of one version. */
export function packageLabel({ registry, name, version }: PackagePin): string {
  return registry === "npm" ? `${name}@${version}` : `${name}=${version}`;
}

/** The name of its file, in one folder with those of other versions. */
export function packageFile(pin: PackagePin): string {
  const plain = (text: string) => text.replace(/^@/, "").replace(/[^\w.~+-]/g, "-");
  const ending = pin.registry === "npm" ? "tgz" : "deb";
  return `${plain(pin.name)}-${plain(pin.version)}.${ending}`;
}

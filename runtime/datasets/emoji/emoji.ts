import type { DataSet } from "../data-set.ts";
import { buildEmoji } from "./build-emoji.ts";

/** Four artists' drawings of the same signs, named in the five languages of InternVL's zero-shot table. */
export const emoji: DataSet = {
  name: "emoji",
  summary: "7,074 drawings of 1,914 emoji by four artists, named in five languages",
  recipe: 1,
  packages: [
    {
      registry: "npm",
      name: "@iconify-json/fluent-emoji-flat",
      version: "1.2.6",
      bytes: 1_172_438,
      sha512:
        "RY47RgPb47fYUiyrA64sIOL0+UU02s29sXpNBbIQRBUlPlfNFTKUmZDERGuxDs/7yNGWqQYvuaSYM1M4fRXlUw==",
    },
    {
      registry: "npm",
      name: "@iconify-json/noto",
      version: "1.2.9",
      bytes: 3_102_958,
      sha512:
        "DQiuXENbun41ch+XPSV55H9FaWKpHTyz46YIKtSaKYD4fIDDzL1tR6H4np/T38jfrTAeI3rcKF0mqHYeZVAuaw==",
    },
    {
      registry: "npm",
      name: "@iconify-json/twemoji",
      version: "1.2.5",
      bytes: 1_555_888,
      sha512:
        "uKpuIEV0v6K5BW3Mjdyl+XKFVAbbcPxAgifKvEMtZoUZB5+YiY5zaMm2uNNCxyXzAWU9yNLlj41WU6/mvgALsw==",
    },
    {
      registry: "npm",
      name: "@iconify-json/openmoji",
      version: "1.2.29",
      bytes: 1_264_633,
      sha512:
        "vXdhkqcXVSO6suy+m9LbcUM3OdVyuNOtpV8/als/WqfkQIRxevL5Geb/g+6GH/Qwnq1OqksEmaDGTCmZ5nFKJQ==",
    },
    {
      registry: "npm",
      name: "unicode-emoji-json",
      version: "0.9.0",
      bytes: 71_855,
      sha512:
        "HdrQW/7SdbXUsTd8uTATv7LvQJkCSgbAgRCDCtOhQ6xn3EAx+xZHQtRniOXWJK3ywIqPegkNhP4U4EbuFsiQng==",
    },
    {
      registry: "npm",
      name: "cldr-annotations-full",
      version: "48.2.0",
      bytes: 6_537_823,
      sha512:
        "DV7A+rEcgUSNTRsVGNGqBZRmAkGfwhGHO5Q1dRwzBoBnVrHWp804JP7/QJdEc66iHmx3+zLWVIMCFLm0lW7PUQ==",
    },
    {
      registry: "npm",
      name: "cldr-annotations-derived-full",
      version: "48.2.0",
      bytes: 4_233_628,
      sha512:
        "log62km+AOzI7n/NEuNNFV0mg9DWnt67EYCh1RwxZq9dyRuyteB586LT83Ke8TchEfnwI9cIk2P31zO4nTvZmw==",
    },
  ],
  licences: [
    { part: "drawings of `fluent`", licence: "MIT", by: "Microsoft Corporation" },
    { part: "drawings of `noto`", licence: "Apache-2.0", by: "Google Inc." },
    { part: "drawings of `twemoji`", licence: "CC-BY-4.0", by: "Twitter and the jdecked fork" },
    { part: "drawings of `openmoji`", licence: "CC-BY-SA-4.0", by: "OpenMoji" },
    { part: "names and keywords", licence: "Unicode-3.0", by: "Unicode, Inc." },
    { part: "list of signs and their groups", licence: "MIT", by: "Mu-An Chiou" },
  ],
  build: (context) =>
    buildEmoji(
      {
        artists: {
          fluent: "@iconify-json/fluent-emoji-flat",
          noto: "@iconify-json/noto",
          twemoji: "@iconify-json/twemoji",
          openmoji: "@iconify-json/openmoji",
        },
        heldOut: "openmoji",
        signs: "unicode-emoji-json",
        names: "cldr-annotations-full",
        derivedNames: "cldr-annotations-derived-full",
        languages: ["en", "zh", "ja", "ar", "it"],
        side: 96,
      },
      context,
    ),
};

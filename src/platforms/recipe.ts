// What a recipe is: how to trust one workload of a platform. `cambist bootstrap` reads them all.

import type { JsonObject } from '../token/json.ts';
import type { Variable, Variables } from './look-up.ts';
import type { PresetName } from './preset.ts';

/**
 * Text in which `{name}` stands for a parameter, `{colon name}` for one whose ":" is written %3A, `{pct name}` for one
 * whose "%" and ":" are percent-encoded, `{url name}` for one that is URL-encoded and `{yaml name}` for one between
 * single quotes in YAML. A name that begins with `sample-` is an example and restricts nothing. Members of an object whose
 * parameter was not given are left out.
 */
export type Template = string;

/** A claim, and the part of it (the first group) if it is not the whole. */
export interface TokenPlace {
  readonly claim: string;
  readonly pattern?: string;
}

/** Something the user says, as `--name <value>`. */
export interface RecipeParameter {
  readonly name: string;
  /** How the help calls the value; null for a flag. */
  readonly value: string | null;
  readonly description: string;
  /** Refused if it is neither given nor in the token of `--from-token`. */
  readonly required?: boolean;
  /** An anchored regular expression, and in words what it wants. */
  readonly pattern?: readonly [source: string, words: string];
  readonly default?: string;
  /** `*` is a pattern here; everywhere else it is refused. */
  readonly mayGlob?: boolean;
  /** Only narrows the rule: the workload is the same with and without it. */
  readonly isPin?: boolean;
  /** The configuration quotes it, so quotes, `$` and backslashes may be in it. */
  readonly mayQuote?: boolean;
  /** Where a real token says it; of several places the first that says something. */
  readonly from?: TokenPlace | readonly TokenPlace[];
}

/** One kind of workload of a platform: a branch, a tag, an environment. */
export interface RecipeVariant {
  readonly name: string;
  /** Parameters that select it; the first variant that has all of its own is taken. */
  readonly needs: readonly string[];
  /** Parameters that select other variants but go together with this one. */
  readonly allows?: readonly string[];
  readonly subject: Template;
  readonly isGlob?: boolean;
  /** Who gets in, in words. */
  readonly who: Template;
  readonly conditions?: JsonObject;
  /** Of a token that matches, beside the recipe's; they say what `who` says. */
  readonly claims?: JsonObject;
  /** Said aloud before anything is written. */
  readonly warning?: Template;
  /** Further names for the configuration. */
  readonly variables?: Readonly<Record<string, Template>>;
  /** In the place of the recipe's. */
  readonly configuration?: Recipe['configuration'];
}

/** Somebody close by who must not get in: the workload with other parameters, of another variant, or with other claims. */
export interface RecipeNeighbour {
  readonly who: Template;
  readonly set?: Readonly<Record<string, string>>;
  readonly variant?: string;
  readonly change?: JsonObject;
  /** Only if these were given. */
  readonly needs?: readonly string[];
  /** Only if none of these was given. */
  readonly unless?: readonly string[];
}

/** A file to apply or to install; its text is a template. */
export interface ManifestFile {
  /** Its path below the directory of its set. */
  readonly file: string;
  readonly text: Template;
}

/** The sets that a platform has, by name. */
export type Manifests = Readonly<Record<'deployment' | 'cronjob' | 'image-pull', readonly ManifestFile[]>>;

export interface Recipe {
  readonly preset: PresetName;
  readonly summary: string;
  /** Command lines that work as they stand, once the names are the user's. */
  readonly examples?: readonly string[];
  readonly parameters: readonly RecipeParameter[];
  /** Reads what was given in other spellings. Throws a PlatformFailure if they contradict each other. */
  readonly normalise?: (given: Variables) => Variables;
  /** Names that follow from the parameters without asking anybody. */
  readonly derive?: (given: Variables) => readonly Variable[];
  /**
   * Names that follow from a subject that is not the usual one; `subject-pattern` is taken in its place.
   * Throws a PlatformFailure if such a subject cannot be had again.
   */
  readonly customise?: (claims: JsonObject, subject: string) => readonly Variable[];
  readonly provider: {
    readonly issuer: Template;
    readonly jwksUri?: Template;
    readonly allowedAlgorithms?: readonly string[];
    /** Seconds. */
    readonly maxTokenLifetime?: number;
    readonly subjectClaim?: string;
  };
  /** The audience if the job cannot choose it. */
  readonly audience?: Template;
  readonly singleUse?: boolean;
  readonly variants: readonly RecipeVariant[];
  /** Conditions of every variant; a value that holds `*` becomes a glob. */
  readonly conditions?: JsonObject;
  /** Claims that are names, and the parameter with the id that makes them unnecessary. */
  readonly names?: Readonly<Record<string, string>>;
  /** What to do if a token is kept out by a condition on the claim. */
  readonly advice?: Readonly<Record<string, string>>;
  /** Claims of a token that matches, without `iss`, `aud`, `sub` and times. */
  readonly claims: JsonObject;
  readonly neighbours: readonly RecipeNeighbour[];
  /** Said aloud every time. */
  readonly warnings?: readonly Template[];
  /** What the service account is called if the user does not say. */
  readonly accountName: Template;
  /** The configuration to paste; `{exchange}` is the script that turns $ID_TOKEN into $ACCESS_TOKEN. */
  readonly configuration: { readonly file: Template; readonly text: Template };
  /** Files are printed in the configuration's place, too, if the user asks for them (every-manifests.ts). */
  readonly hasManifests?: true;
  /** The same in a few lines, through a template of this repository of which the user has a copy; `{uses}` is its address. */
  readonly template?: {
    /** What `--uses` wants, for its help. */
    readonly description: string;
    /** An anchored regular expression that wants a digest, and its words. */
    readonly address: readonly [source: string, words: string];
    readonly text: Template;
    /** The template asks for the deployment's address and nothing else. */
    readonly hasFixedAudience?: boolean;
  };
}

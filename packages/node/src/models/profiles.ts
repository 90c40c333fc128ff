import { readFileSync } from 'node:fs';
import { AssayError, EngineInfo, type NoiseProfile, Sampler } from '@assay/protocol';
import { fromHex } from '@assay/ssz';
import { z } from 'zod';

const whole = z.int().min(0).max(0xffff_ffff);
const name = z.string().min(1);

/** Engine facts as `assay calibrate` writes them. */
const engine = z
  .strictObject({
    name,
    build: name,
    backend: name,
    attention: z.string(),
    kvType: z.string(),
    weights: z.string(),
    sampler: z.enum(Sampler.words),
    tensorParallel: whole,
    batchInvariant: z.boolean(),
    prefixCache: z.boolean(),
  })
  .transform((facts) => EngineInfo.hashTreeRoot(facts));

const numbers = {
  requests: whole,
  t1LimitPpb: whole,
  marginMicro: whole,
  substituteT1Ppb: whole,
  substituteMismatchesPpb: whole,
};

/** A noise profile beside a model of the catalogue, its engines in words. */
export const catalogProfile = z
  .strictObject({ miner: engine, auditor: engine, ...numbers })
  .transform(({ miner, auditor, ...limits }): ModelProfile => {
    return { minerEngine: miner, auditorEngine: auditor, ...limits };
  });

/** A noise profile without the index that a chain gives its model. */
export type ModelProfile = Omit<NoiseProfile, 'model'>;

const root = z.string().transform((text, context) => {
  const bytes = fromHex(text);
  if (bytes !== null && bytes.length === 32) return bytes;
  context.addIssue('not the root of an engine');
  return z.NEVER;
});

const calibrated = z.object({
  model: z.object({ name: z.string(), fileHash: z.string() }),
  profile: z.object({ minerEngine: root, auditorEngine: root, ...numbers }),
});

/**
 * The noise profile that `assay calibrate --out` wrote for a model file, whose SHA-256 is hexadecimal. Throws
 * CONFIG_UNUSABLE when the file is none, or about another model.
 */
export function readProfile(path: string, fileHash: string): ModelProfile {
  const { model, profile } = parsed(path);
  if (model.fileHash.replace(/^0x/, '') === fileHash) return profile;
  throw new AssayError(
    'CONFIG_UNUSABLE',
    `The noise profile ${path} is about another file than this model: ${model.name}.`,
  );
}

function parsed(path: string): z.infer<typeof calibrated> {
  try {
    return calibrated.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const detail = `${path} is no noise profile. \`assay calibrate --out FILE\` writes one.`;
    throw new AssayError('CONFIG_UNUSABLE', detail, { cause });
  }
}

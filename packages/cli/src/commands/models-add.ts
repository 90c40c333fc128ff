import { basename, join } from 'node:path';
import { formatUnits } from '@assay/client';
import { fields } from '@assay/explain/table';
import { dataFiles } from '@assay/node/host/data-files';
import type { FileWords } from '@assay/node/models/manifest';
import { addressText, limits, ModelManifest, type ModelOffer, resultCodes } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { z } from 'zod';
import { accountOf } from '../accounts.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { keysOf } from '../data-keys.ts';
import { CliError } from '../failures.ts';
import { decimalNumber, units, wholeNumber } from '../inputs.ts';
import { send } from '../tx/send.ts';

const list = (text: string) => text.split(',').filter((word) => word !== '');

const input = z.object({
  file: z.string(),
  name: z.string().optional(),
  priceIn: units('--price-in'),
  priceOut: units('--price-out'),
  difficulty: decimalNumber('--difficulty', { min: 0, max: 4000 }).default(1),
  royalty: decimalNumber('--royalty', { min: 0, max: 100 }).default(10),
  domain: wholeNumber('--domain', { min: 0, max: 2 ** 32 - 1 }).default(0),
  licence: z.string().max(limits.maxLicenceBytes).optional(),
  sources: z
    .string()
    .transform(list)
    .pipe(z.array(z.string().max(limits.maxSourceBytes)).max(limits.maxSources))
    .optional(),
  from: z.string().default('payer'),
  dryRun: z.boolean().default(false),
});
type Input = z.infer<typeof input>;

const output = z.object({
  name: z.string(),
  fileHash: z.string(),
  manifestRoot: z.string(),
  sizeBytes: z.int(),
  pieces: z.int(),
  contextTokens: z.int(),
  templateTokens: z.int(),
  tokenizerHash: z.string(),
  templateHash: z.string(),
  licence: z.string(),
  sources: z.array(z.string()),
  from: z.string(),
  balanceUnits: z.string(),
  registrationFeeUnits: z.string(),
  feeUnits: z.string(),
  /** Whether it was only checked. */
  dryRun: z.boolean(),
  height: z.int(),
  code: z.string(),
  sentence: z.string(),
});

export const modelsAddCommand = defineCommand({
  name: 'models add',
  summary: 'Register a model file of yours with its manifest, and let the node give the file to who asks.',
  arguments: [{ syntax: '<file>', description: 'a GGUF file; it stays where it is' }],
  options: [
    { syntax: '--price-in <UNITS>', description: 'price of a prompt token' },
    { syntax: '--price-out <UNITS>', description: 'price of an answer token' },
    { syntax: '--difficulty <N>', description: 'how much its work counts; 1 is usual (default 1)' },
    { syntax: '--royalty <PERCENT>', description: 'your part of every price (default 10)' },
    { syntax: '--name <NAME>', description: 'its name on the chain (default: that of the file)' },
    { syntax: '--domain <N>', description: 'the market it is offered in (default 0)' },
    { syntax: '--licence <NAME>', description: 'its licence (default: what the file says)' },
    { syntax: '--sources <URLS>', description: 'where else it can be had, with commas between' },
    { syntax: '--from <KEY>', description: 'the key of its creator, as `assay keys` lists them (default payer)' },
    { syntax: '--dry-run', description: 'show manifest and fees and what it would get, and send nothing' },
  ],
  input,
  output,
  run,
  print: (added) => [
    `In block ${added.height} ${added.dryRun ? 'it would get ' : ''}${added.code}: ${added.sentence}`,
    ...(added.code !== 'OK' || added.dryRun
      ? []
      : ['A panel of validators fetches the file from this node and votes: keep the node running.']),
  ],
  exit: ({ code }) => (code === 'OK' ? 'ok' : 'refused'),
});

async function run(invocation: Invocation<Input>): Promise<z.infer<typeof output>> {
  const { dataDir, environment, input: asked, client, terminal, json } = invocation;
  const keys = await keysOf(dataDir, environment);
  const { from, dryRun, domain } = asked;
  if (!keys.has(from)) {
    throw new CliError(
      'notFound',
      `There is no key "${from}" in ${dataDir}; \`assay keys\` lists them, --from names one.`,
    );
  }
  const node = client();
  const signer = keys.account(from);
  const account = addressText(signer.address);
  const { items } = await node.getDomains({ from: domain, limit: 1 });
  const terms = items[0]?.terms.at(-1);
  if (terms === undefined)
    throw new CliError('notFound', `There is no domain ${domain}; \`assay list domains\` shows them.`);
  const offer = await offerOf(asked);
  const { manifest } = offer;
  const { transactionFeeUnits: feeUnits } = await node.getParams();
  const name =
    asked.name ??
    basename(asked.file)
      .replace(/\.gguf$/i, '')
      .slice(0, limits.maxNameBytes);
  const said = {
    ...shownOf(offer),
    name,
    from: account,
    balanceUnits: (await accountOf(node, account)).balanceUnits,
    registrationFeeUnits: terms.registrationFeeUnits,
    feeUnits: String(feeUnits),
    dryRun,
  };
  if (!json) for (const line of before(said)) terminal.note.write(`${line}\n`);
  // Before it is proposed, so that whoever is drawn finds it.
  if (!dryRun) await publish(dataDir, asked.file, offer);
  const { honestT1LimitPpb } = await import('@assay/node/host/backend');
  const registration = {
    name,
    domain,
    royaltyBps: Math.round(asked.royalty * 100),
    fileHash: manifest.fileHash,
    manifestRoot: ModelManifest.hashTreeRoot(manifest),
    contextTokens: manifest.contextTokens,
    priceInUnits: asked.priceIn,
    priceOutUnits: asked.priceOut,
    difficultyPpm: Math.round(asked.difficulty * 1_000_000),
    t1ThresholdPpb: honestT1LimitPpb,
  };
  const answer = await send(node, ['registerModel', registration], { signer, name: from, feeUnits, dryRun });
  const { sentence } = 'sentence' in answer ? answer : resultCodes[answer.code];
  return { ...said, height: answer.height, code: answer.code, sentence };
}

async function offerOf({ file, licence, sources = [] }: Input): Promise<ModelOffer> {
  const [{ describeFile }, { startLlamaBackend }] = await Promise.all([
    import('@assay/node/models/manifest'),
    import('@assay/node/inference/llama/backend'),
  ]);
  const words: FileWords = { licence: licence ?? null, sources };
  await using backend = await startLlamaBackend({ sequences: 1 });
  return await describeFile(file, await backend.openVocabulary(file), words);
}

async function publish(dataDir: string, file: string, offer: ModelOffer): Promise<void> {
  const { Shelf } = await import('@assay/node/models/shelf');
  await new Shelf(join(dataDir, dataFiles.models)).publish(file, offer);
}

function shownOf({ manifest, pieces }: ModelOffer) {
  const { fileHash, tokenizerHash, templateHash, sizeBytes, contextTokens, templateTokens, licence, sources } =
    manifest;
  return {
    fileHash: toHex(fileHash),
    manifestRoot: toHex(ModelManifest.hashTreeRoot(manifest)),
    sizeBytes,
    pieces: pieces.length,
    contextTokens,
    templateTokens,
    tokenizerHash: toHex(tokenizerHash),
    templateHash: toHex(templateHash),
    licence,
    sources,
  };
}

function before(
  said: ReturnType<typeof shownOf> & {
    [Name in 'name' | 'from' | 'balanceUnits' | 'registrationFeeUnits' | 'feeUnits']: string;
  },
) {
  const amount = (baseUnits: string) => `${formatUnits(BigInt(baseUnits))} units`;
  return fields([
    ['model', said.name],
    ['file', `${(said.sizeBytes / 1e6).toFixed(1)} MB in ${said.pieces} pieces, SHA-256 ${said.fileHash}`],
    ['manifest', said.manifestRoot],
    ['context', `${said.contextTokens} tokens, of which the template takes ${said.templateTokens}`],
    ['licence', said.licence === '' ? 'the file names none; --licence does' : said.licence],
    ['sources', said.sources.join(', ') || 'who holds it'],
    ['registration fee', `${amount(said.registrationFeeUnits)} to the owner of the domain, whatever the panel says`],
    ['transaction fee', amount(said.feeUnits)],
    ['balance', `${amount(said.balanceUnits)} of ${said.from}`],
  ]);
}

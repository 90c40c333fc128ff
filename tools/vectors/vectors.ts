import {
  apportion,
  auditRatePpb,
  type DrawTable,
  drawMiners,
  eligibleMiners,
  keptPpb,
  opinionOf,
  priceOf,
  trustPpbOf,
  workUnitsOf,
} from '@assay/ledger';
import { devnetParams } from '@assay/node/devnet/genesis';
import {
  addressOf,
  addressText,
  drawIdOf,
  Finding,
  messageTypes,
  noNumbers,
  possessionRoot,
  signingDomain,
  signingRoot,
  TaskKind,
  taskIdOf,
  ticketSigningRoot,
} from '@assay/protocol';
import { protocolTypes, valuesOf } from '@assay/protocol/fixture';
import { equalMarginMicro } from '@assay/roles/audit/choice';
import { compareDistributions } from '@assay/roles/audit/distribution';
import { drawPositions } from '@assay/roles/audit/positions';
import { noSurprise } from '@assay/roles/audit/surprise';
import { concatBytes, encodeText, sha256, toHex } from '@assay/ssz';

const hex = (bytes: Uint8Array): string => `0x${toHex(bytes)}`;
const seedOf = (name: string): Uint8Array => sha256(encodeText(name));

/** Encoding, root and JSON form of a value of every type of the protocol. */
function types() {
  const rows = [];
  for (const [name, type] of protocolTypes) {
    for (const [label, value] of valuesOf(name, type)) {
      const bytes = hex(type.serialize(value));
      rows.push({
        type: label,
        bytes,
        root: hex(type.hashTreeRoot(value)),
        json: type.toJson(value),
      });
    }
  }
  return rows;
}

/** Addresses, signing roots and ids (§1.2, §6.2). */
function identities() {
  const chain = { chainId: 'assay-vectors', genesisHash: seedOf('genesis') };
  const keys = [new Uint8Array(32), seedOf('account'), new Uint8Array(32).fill(255)];
  const objectRoot = seedOf('object');
  const task = { session: 3, requestHash: seedOf('request') };
  const identity = { ticket: concatBytes(['a', 'b', 'c'].map(seedOf)), replica: 2 };
  const blsPublicKey = concatBytes([seedOf('bls'), seedOf('key')]).subarray(0, 48);
  return {
    addresses: keys.map((key) => ({
      publicKey: hex(key),
      address: hex(addressOf(key)),
      text: addressText(addressOf(key)),
    })),
    signing: {
      chainId: chain.chainId,
      genesisHash: hex(chain.genesisHash),
      objectRoot: hex(objectRoot),
      roots: Object.entries(messageTypes).map(([message, type]) => {
        const domain = signingDomain(chain, type);
        return { message, type, domain: hex(domain), signingRoot: hex(signingRoot(objectRoot, domain)) };
      }),
    },
    possession: { blsPublicKey: hex(blsPublicKey), signingRoot: hex(possessionRoot(blsPublicKey)) },
    taskId: {
      ...task,
      requestHash: hex(task.requestHash),
      signingRoot: hex(ticketSigningRoot(chain, task)),
      ...identity,
      ticket: hex(identity.ticket),
      taskId: hex(taskIdOf(identity)),
      drawId: hex(drawIdOf(identity)),
    },
  };
}

/** The vectors have the numbers of kinds. */
const inWords = <T extends { readonly kind: number }>(of: T) => ({ ...of, kind: TaskKind.wordOf(of.kind) });

/** Divisions, prices and work (economics §0.2, §2, §4). */
function amounts() {
  const divisions: [bigint, bigint[]][] = [
    [10n, [1n, 1n, 1n]],
    [2n, [1n, 1n, 1n, 1n]],
    [0n, [5n, 7n]],
    [7n, [0n, 0n]],
    [100n, [0n, 3n, 0n, 4n]],
    [1_000_000_007n, [6000n, 2000n, 1000n, 500n, 500n]],
    [2n ** 64n - 1n, [1n, 2n ** 63n, 2n ** 64n - 1n]],
  ];
  const tasks = [
    { prices: { priceInUnits: 100_000n, priceOutUnits: 300_000_000n }, tokensIn: 12, tokensOut: 34 },
    { prices: { priceInUnits: 2n, priceOutUnits: 4n }, tokensIn: 0, tokensOut: 131_072 },
  ];
  const works = [
    { kind: 0, tokensIn: 10, tokensOut: 20, difficultyPpm: 1_000_000 },
    { kind: 1, tokensIn: 10, tokensOut: 21, difficultyPpm: 1_333_333 },
    { kind: 2, tokensIn: 1, tokensOut: 1, difficultyPpm: 999_999 },
    { kind: 3, tokensIn: 100, tokensOut: 0, difficultyPpm: 1_000_000 },
  ];
  return {
    apportion: divisions.map(([whole, weights]) => ({ whole, weights, parts: apportion(whole, weights) })),
    prices: tasks.map(({ prices, ...tokens }) => ({ ...prices, ...tokens, priceUnits: priceOf(prices, tokens) })),
    work: works.map((each) => ({
      ...each,
      vwuPerTokenIn: 1,
      vwuPerTokenOut: 3,
      vwu: workUnitsOf({ ...devnetParams, vwuPerTokenIn: 1, vwuPerTokenOut: 3 }, each, inWords(each)),
    })),
  };
}

/** Draws of miners under a fixed beacon (§6.1, §6.2). */
function draws() {
  const entries = Array.from({ length: 8 }, (_, miner) => ({
    miner,
    operator: addressOf(seedOf(`operator ${miner}`)),
    owner: addressOf(seedOf(`owner ${miner % 5}`)),
    domain: miner === 6 ? 1 : 0,
    models: miner % 2 === 0 ? [0, 1] : [0],
    activeFrom: miner === 7 ? 1000 : 0,
    weight: BigInt(miner * miner) * 1_000_000n,
    level: miner % 4,
    userLevel: miner === 2 ? 3 : 1,
    measures: {
      bandwidth: BigInt(miner % 3) * 1_000_000n,
      hashRate: BigInt((miner * 7) % 5) * 1_000n,
      latencyMs: BigInt((miner * 3) % 4) * 20n,
      isNew: miner % 4 === 0,
    },
  }));
  const steering = { floorPpb: 100_000_000, dataTokensIn: 1024, computeTokensOut: 512 };
  const table: DrawTable = { epoch: 5, beacon: seedOf('beacon'), steering, entries };
  const payers = [addressOf(seedOf('payer')), addressOf(seedOf('owner 3'))];
  const requests = Array.from({ length: 12 }, (_, i) => ({
    taskId: seedOf(`task ${i}`),
    kind: i % 3,
    domain: 0,
    model: i % 2,
    drawHeight: 167,
    payer: payers[i === 5 ? 1 : 0] ?? new Uint8Array(20),
    dedicatedMiners: i === 4 ? [2, 3, 5] : [],
    maxTokensIn: i % 4 === 3 ? 2048 : 100,
    maxTokensOut: i % 4 === 2 ? 1024 : 100,
  }));
  return {
    epoch: table.epoch,
    beacon: hex(table.beacon),
    steering,
    entries: entries.map((entry) => ({ ...entry, operator: hex(entry.operator), owner: hex(entry.owner) })),
    draws: requests.map((request) => ({
      ...request,
      taskId: hex(request.taskId),
      payer: hex(request.payer),
      eligible: eligibleMiners(table, inWords(request)).map(({ miner }) => miner),
      ranks: drawMiners(table, inWords(request), 4),
    })),
  };
}

/** Positions, distances, opinions, trust and audit rates (§10, verification §2–4). */
function audits() {
  const seed = seedOf('audit');
  const sizes = [
    { tokens: 3, count: 64 },
    { tokens: 100, count: 5 },
    { tokens: 131_072, count: 64 },
  ];
  const reported = [
    { index: 0, ids: [5, 9], probabilitiesPpb: [700_000_000, 200_000_000] },
    { index: 1, ids: [4, 8, 2], probabilitiesPpb: [500_000_000, 300_000_000, 100_000_000] },
    { index: 2, ids: [1], probabilitiesPpb: [1_000_000_000] },
  ];
  const reference = [
    { leadMicro: 0, choiceMarginMicro: 0, ...noSurprise, probabilitiesPpb: [690_000_001, 205_000_000] },
    { leadMicro: 4_500_000, choiceMarginMicro: 120_000, ...noSurprise, probabilitiesPpb: [10_000_000, 900_000_000, 0] },
    { leadMicro: 50_000, choiceMarginMicro: 50_000, ...noSurprise, probabilitiesPpb: [999_999_999] },
  ];
  const limit = 35_000_000;
  const numbers = [0, limit, limit + 1, 3 * limit, 3 * limit + 1].map((t1Ppb) => ({ finding: 0, t1Ppb }));
  const microOf = (count: number) => BigInt(Math.round(count * 1_000_000));
  const records = [
    [0, 0],
    [1, 0],
    [50, 1],
    [200, 10],
    [100_000, 0],
    // One ppb above the exact bound rounded down (verification §4.2).
    [1.709057, 2.07474],
  ].map(([passed = 0, failed = 0]) => [microOf(passed), microOf(failed)] as const);
  const noMismatch = { positions: 64 };
  const ratesUnder = { newMinerTasks: 50, floorPpb: 20_000_000, minRoutingTrustPpb: 100_000_000 };
  const miners = [
    { audited: 0, trustPpb: 950_000_000, evidenceLevel: 2 },
    { audited: 50, trustPpb: 100_000_000, evidenceLevel: 2 },
    { audited: 50, trustPpb: 550_000_000, evidenceLevel: 1 },
    { audited: 50, trustPpb: 700_000_000, evidenceLevel: 0 },
    { audited: 50, trustPpb: 1_000_000_000, evidenceLevel: 2 },
  ];
  return {
    positions: sizes.map((size) => ({ seed: hex(seed), ...size, positions: drawPositions(seed, size) })),
    t1: {
      reported,
      reference,
      marginMicro: equalMarginMicro,
      ...compareDistributions(reported, reference, equalMarginMicro),
    },
    opinions: [...numbers, ...[1, 2, 3].map((finding) => ({ finding, t1Ppb: 0 }))].map((each) => ({
      ...each,
      t1ThresholdPpb: limit,
      opinion: opinionOf(
        { ...noNumbers, ...noMismatch, ...each, finding: Finding.wordOf(each.finding) },
        { t1ThresholdPpb: limit, mismatchesMilli: 0, surprise: noNumbers.surprise },
      ),
    })),
    trust: records.map(([passedMicro, failedMicro]) => ({
      passedMicro,
      failedMicro,
      trustPpb: trustPpbOf(passedMicro, failedMicro),
    })),
    kept: [1, 14, 5400].map((halfLifeEpochs) => ({ halfLifeEpochs, keptPpb: keptPpb(halfLifeEpochs) })),
    rates: miners.map((miner) => ({
      ...miner,
      ratePpb: auditRatePpb(
        { ...devnetParams.audit, ...ratesUnder },
        { ...miner, resultsOwed: 0, cusumMilli: 0, engineUnknown: false },
      ),
    })),
    ratesUnder,
  };
}

const files: Readonly<Record<string, () => unknown>> = { types, identities, amounts, draws, audits };

/** The text of each vector file, by name. Amounts are strings of digits, bytes hexadecimal with `0x`. */
export function vectorFiles(): Map<string, string> {
  const texts = Object.entries(files).map(([name, make]) => [`${name}.json`, textOf(make())] as const);
  return new Map(texts);
}

/** JSON as the vector files are written: one row of a list a line. */
export function textOf(value: unknown): string {
  const plain = (_: string, part: unknown) => (typeof part === 'bigint' ? String(part) : part);
  return `${linesOf(JSON.parse(JSON.stringify(value, plain)), '')}\n`;
}

function linesOf(value: unknown, indent: string): string {
  const isNested = (part: unknown) => typeof part === 'object' && part !== null;
  if (!isNested(value)) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (!value.some(isNested) && JSON.stringify(value).length < 100) return JSON.stringify(value);
    return `[\n${value.map((part) => `${inner}${JSON.stringify(part)}`).join(',\n')}\n${indent}]`;
  }
  const parts = Object.entries(value as object).map(
    ([name, part]) => `${inner}${JSON.stringify(name)}: ${linesOf(part, inner)}`,
  );
  return `{\n${parts.join(',\n')}\n${indent}}`;
}

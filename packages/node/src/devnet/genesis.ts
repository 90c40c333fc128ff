import { defaultParams, type Genesis, type Params, withParams } from '@assay/protocol';
import type { BlsSigner, Ed25519Signer } from '../crypto/signers.ts';
import type { RegisteredModel } from '../host/backend.ts';
import type { RoleSpec } from '../host/build-roles.ts';
import type { ModelProfile } from '../models/profiles.ts';

/** Base units in a unit (economics). */
const unit = 1_000_000_000n;
const units = (whole: number): bigint => BigInt(whole) * unit;

/** How many of each role the default network runs, unless told otherwise; miners are a start option. */
export const committee = { mixers: 4, oracles: 3, validators: 3, gateways: 1 } as const;
/** Tasks one of the default miners runs at once; all share one machine. */
export const concurrency = 2;
export const collateralUnits = units(1000);
export const sessionDepositUnits = units(1000);
export const maxTaskUnits = units(10);

/** Price of a prompt token and of an output token, base units. */
export const devnetPrices = { priceInUnits: unit / 10_000n, priceOutUnits: (unit * 3n) / 10_000n } as const;

/**
 * Parameters of the default network. An epoch is 16 s: more challenges would keep a laptop busy that is all of the
 * network. One failure is enough, since the honest fail none; the audits see a cheat sooner.
 */
export const devnetParams: Params = withParams(defaultParams, { challenges: { lambdaMilli: 250, alpha: 1 } });

/** Parts of a price in the default domain, and the creator's in the default model. */
export const devnetSplits = { burnBps: 500, processorsBps: 300, validatorsBps: 500, domainBps: 200 } as const;
export const devnetRoyaltyBps = 1000;

export interface DevnetKeys {
  account(name: string): Ed25519Signer;
  committee(name: string): BlsSigner;
}

export const names = {
  mixer: (i: number) => `mixer-${i + 1}`,
  oracle: (i: number) => `oracle-${i + 1}`,
  validator: (i: number) => `validator-${i + 1}`,
  /** Signs a validator's blocks and votes, and nothing else (§3.10). */
  consensus: (i: number) => `consensus-${i + 1}`,
  miner: (i: number) => `miner-${i + 1}`,
  /** Owns a miner's collateral share, apart from its operator (E8). */
  owner: (i: number) => `owner-${i + 1}`,
  gateway: 'gateway-1',
  /** Of a network with several gateways; each spends a session of its own. */
  nthGateway: (i: number) => `gateway-${i + 1}`,
  nthSession: (i: number) => (i === 0 ? 'session' : `session-${i + 1}`),
  payer: 'payer',
  session: 'session',
  faucet: 'faucet',
  creator: 'creator',
  foundation: 'foundation',
} as const;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** As many miners as were asked for, and those that a network has had before: it draws them, running or not. */
export function allMiners(keys: readonly { readonly name: string }[], asked: number): number {
  const known = new Set(keys.map(({ name }) => name));
  let all = asked;
  while (known.has(names.miner(all))) all++;
  return all;
}

/** What is said where more miners run than were asked for. */
export function stayingLine(all: number, asked: number): string {
  const last = all - 1;
  const pause = `assay tx setRoleStatus --kind miner --role ${last} --status paused --from ${names.miner(last)}`;
  const why = `This network has ${all} miners, and all of them run, not ${asked}: it would draw the others, too.`;
  return `${why} \`${pause}\` takes the last one out of its draws.`;
}

/** Every role the default network runs. */
export function devnetRoles(miners: number, mixers: number = committee.mixers): RoleSpec[] {
  const each = (kind: RoleSpec['kind'], count: number, nameOf: (i: number) => string) =>
    range(count).map((index) => ({ kind, name: nameOf(index), index }));
  return [
    ...each('mixer', mixers, names.mixer),
    ...each('miner', miners, names.miner),
    ...each('oracle', committee.oracles, names.oracle),
    ...each('validator', committee.validators, names.validator),
    { kind: 'gateway', name: names.gateway, index: 0 },
  ];
}

/** Every key the default network needs, in the order they are made. */
export function keyNames(miners: number, mixers: number = committee.mixers): { name: string; bls: boolean }[] {
  const plain = [
    ...range(committee.oracles).map(names.oracle),
    ...range(committee.validators).map(names.validator),
    ...range(miners).flatMap((i) => [names.miner(i), names.owner(i)]),
    names.gateway,
    names.payer,
    names.session,
    names.creator,
    names.foundation,
    ...range(committee.validators).map(names.consensus),
  ];
  const signing = range(mixers).map((i) => ({ name: names.mixer(i), bls: true }));
  return [...signing, ...plain.map((name) => ({ name, bls: false }))];
}

/** What a miner's operator is given to begin with: collateral, registration fee, and some for transaction fees. */
export const minerFundsUnits = collateralUnits + units(20);

/** The consensus key of a validator, with the proof that it is held. */
function consensusTerms(keys: DevnetKeys, i: number) {
  const signer = keys.account(names.consensus(i));
  const possession = signer.consensusPossession(keys.account(names.validator(i)).address);
  return { consensusKey: signer.publicKey, possession };
}

/** How many of each role a network begins with. */
export interface RoleCounts {
  readonly mixers: number;
  readonly oracles: number;
  readonly validators: number;
  readonly gateways: number;
  readonly miners: number;
}

/** Of the roles but miners as many as the default network has when absent. */
export interface GenesisOptions extends Partial<Omit<RoleCounts, 'miners'>>, Pick<RoleCounts, 'miners'> {
  readonly model: RegisteredModel;
  /** What engines that differ find of each other's honest answers (verification §3.3); none when absent. */
  readonly profiles?: readonly ModelProfile[];
  /** Unix time of its beginning. */
  readonly timeMs: number;
  readonly params?: Params;
  readonly chainId?: string;
  /** Base units that a faucet has to give; none when absent. */
  readonly faucetUnits?: bigint;
  /** Base units that each mixer, oracle, validator and gateway has for fees; none when absent. */
  readonly feesUnits?: bigint;
}

/** Who holds what to begin with, base units, by the names of the keys. */
function accountsOf(options: GenesisOptions & RoleCounts): [name: string, balanceUnits: bigint][] {
  const { faucetUnits, feesUnits, mixers, oracles, validators, gateways, miners } = options;
  const staked = [
    ...range(mixers).map(names.mixer),
    ...range(oracles).map(names.oracle),
    ...range(validators).map(names.validator),
    ...range(gateways).map(names.nthGateway),
  ];
  const all = (each: readonly string[], balanceUnits: bigint | undefined) =>
    balanceUnits === undefined ? [] : each.map((name): [string, bigint] => [name, balanceUnits]);
  return [
    [names.payer, units(1_000_000)],
    [names.foundation, units(10_000_000)],
    ...all(range(miners).map(names.miner), minerFundsUnits),
    ...all([names.faucet], faucetUnits),
    ...all(staked, feesUnits),
  ];
}

/** The genesis of a new default network. */
export function devnetGenesis(keys: DevnetKeys, options: GenesisOptions): Genesis {
  const counts = { ...committee, ...options };
  const { model, mixers, oracles, validators, gateways } = counts;
  const role = (name: string, stakeUnits: bigint) => {
    const { publicKey, address } = keys.account(name);
    return { publicKey, operator: address, stakeUnits };
  };
  const params = options.params ?? devnetParams;
  const own = [keys.account(names.foundation).address];
  const foundation = params.cases.foundation.length > 0 ? params.cases.foundation : own;
  return {
    chainId: options.chainId ?? 'assay-devnet',
    timeMs: options.timeMs,
    params: withParams(params, { cases: { foundation } }),
    accounts: accountsOf(counts).map(([name, balanceUnits]) => ({ address: keys.account(name).address, balanceUnits })),
    mixers: range(mixers).map((i) => {
      const signer = keys.committee(names.mixer(i));
      return {
        publicKey: keys.account(names.mixer(i)).publicKey,
        blsPublicKey: signer.publicKey,
        possession: signer.possession(),
        stakeUnits: units(20_000),
      };
    }),
    oracles: range(oracles).map((i) => role(names.oracle(i), units(2000))),
    validators: range(validators).map((i) => ({
      ...role(names.validator(i), units(20_000)),
      ...consensusTerms(keys, i),
    })),
    gateways: range(gateways).map((i) => role(names.nthGateway(i), units(2000))),
    profiles: (options.profiles ?? []).map((profile) => ({ ...profile, model: 0 })),
    domains: [
      {
        name: 'inference',
        owner: keys.account(names.foundation).address,
        ...devnetSplits,
        registrationFeeUnits: units(10),
        minCollateralUnits: collateralUnits,
        components: [],
        admission: 'open',
        userLevel: 0,
        inferenceOnly: false,
        washGuard: true,
      },
    ],
    models: [
      {
        name: model.name,
        domain: 0,
        creator: keys.account(names.creator).address,
        royaltyBps: devnetRoyaltyBps,
        fileHash: model.fileHash,
        manifestRoot: new Uint8Array(32),
        contextTokens: model.contextTokens,
        ...devnetPrices,
        difficultyPpm: 1_000_000,
        t1ThresholdPpb: model.t1ThresholdPpb,
      },
    ],
  };
}

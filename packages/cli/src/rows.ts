import {
  type Delegation,
  type Domain,
  formatUnits,
  type Gateway,
  type Holding,
  type Miner,
  type Mixer,
  type Model,
  type Profile,
  type Role,
  type Session,
  type Validator,
} from '@assay/client';
import { ratio } from '@assay/explain/ratio';
import { fields, table } from '@assay/explain/table';
import { hardwareText } from './hardware-text.ts';

/** The tables of the chain that are listed, with their rows. */
interface Rows {
  readonly miners: Miner;
  readonly mixers: Mixer;
  readonly oracles: Role;
  readonly validators: Validator;
  readonly gateways: Gateway;
  readonly domains: Domain;
  readonly models: Model;
  readonly holdings: Holding;
  readonly profiles: Profile;
  readonly sessions: Session;
}
export type Kind = keyof Rows;
export type Row = Rows[Kind];
/** Names of keys by their addresses. */
export type Names = Readonly<Record<string, string>>;

/** What a row is read with: names of keys by their addresses, and the epoch it is read in. */
export interface Around {
  readonly names: Names;
  readonly epoch: number;
}

type Columns<Listed> = Readonly<Record<string, (row: Listed, around: Around) => string>>;

const amount = (baseUnits: string) => formatUnits(BigInt(baseUnits));
const named = (address: string, { names }: Around) => names[address] ?? address;

/** Enough of a root to tell it from others; `list WHAT N` shows all of it. */
const shortened = (root: string) => `${root.slice(0, 18)}…`;

const role: Columns<Role> = {
  status: ({ status }) => status,
  stake: ({ stakeUnits }) => amount(stakeUnits),
  'duties this period': ({ epochDuties }) => String(epochDuties),
  strikes: ({ strikes }) => String(strikes),
  owner: ({ account }, around) => named(account, around),
};

const reached: Columns<Role & Pick<Gateway, 'netAddresses'>> = {
  ...role,
  'reached at': ({ netAddresses }) => netAddresses.join(' ') || '–',
};

/** The columns of each table after the index. */
const columns: { readonly [Each in Kind]: Columns<Rows[Each]> } = {
  miners: {
    status: ({ status }) => status,
    level: ({ level }) => String(level),
    streak: ({ streak }) => String(streak),
    trust: ({ trustPpb }) => ratio(trustPpb),
    availability: ({ availabilityPpb }) => ratio(availabilityPpb),
    collateral: ({ collateralUnits }) => amount(collateralUnits),
    delegated: ({ delegatedUnits }) => amount(delegatedUnits),
    tasks: ({ tasks }) => String(tasks),
    audited: ({ audited }) => String(audited),
    rejected: ({ rejected }) => String(rejected),
    owed: ({ resultsOwed }) => String(resultsOwed),
    // Of the last epoch it was measured in.
    'failed challenges': ({ measured }) => String(measured.failed),
    // Measured per 1,000 s.
    'tokens/s': ({ measured }) => perUnit(measured.hashRate, 1000),
    'MB/s': ({ measured }) => perUnit(measured.bandwidth, 1_000_000),
    ms: ({ measured }) => String(measured.latencyMs ?? '–'),
    operator: ({ operator }, around) => named(operator, around),
  },
  mixers: reached,
  oracles: role,
  validators: reached,
  gateways: reached,
  domains: {
    name: ({ name }) => name,
    burn: (row, { epoch }) => percent(termsIn(row, epoch).inForce?.burnBps),
    gateways: (row, { epoch }) => percent(termsIn(row, epoch).inForce?.processorsBps),
    validators: (row, { epoch }) => percent(termsIn(row, epoch).inForce?.validatorsBps),
    domain: (row, { epoch }) => percent(termsIn(row, epoch).inForce?.domainBps),
    collateral: (row, { epoch }) => amount(termsIn(row, epoch).inForce?.minCollateralUnits ?? '0'),
    fee: (row, { epoch }) => amount(termsIn(row, epoch).inForce?.registrationFeeUnits ?? '0'),
    announced: (row, { epoch }) => {
      const { announced } = termsIn(row, epoch);
      return announced === null ? '–' : `from epoch ${announced.fromEpoch}`;
    },
    owner: ({ owner }, around) => named(owner, around),
  },
  models: {
    name: ({ name }) => name,
    status: ({ status }) => status,
    domain: ({ domain }) => String(domain),
    'price in': ({ priceInUnits }) => amount(priceInUnits),
    'price out': ({ priceOutUnits }) => amount(priceOutUnits),
    royalty: ({ royaltyBps }) => percent(royaltyBps),
    context: ({ contextTokens }) => String(contextTokens),
    // Of the reward period so far.
    work: ({ epochVwu }) => epochVwu,
    audits: ({ epochPassed, epochFailed }) => `${epochPassed} of ${epochPassed + epochFailed} passed`,
    creator: ({ creator }, around) => named(creator, around),
  },
  holdings: {
    model: ({ model }) => String(model),
    shares: ({ shares }) => String(shares),
    offered: ({ offeredShares }) => String(offeredShares),
    'price each': ({ offeredShares, priceUnits }) => (offeredShares === 0 ? '–' : amount(priceUnits)),
    backs: ({ backingUnits }) => amount(backingUnits),
    holder: ({ holder }, around) => named(holder, around),
  },
  profiles: {
    model: ({ model }) => String(model),
    requests: ({ requests }) => String(requests),
    limit: ({ t1LimitPpb }) => (t1LimitPpb === 0 ? 'withdrawn' : ratio(t1LimitPpb)),
    'margin, nats': ({ marginMicro }) => ratio(BigInt(marginMicro) * 1000n),
    'miner’s engine': ({ minerEngine }) => shortened(minerEngine),
    'auditor’s engine': ({ auditorEngine }) => shortened(auditorEngine),
  },
  sessions: {
    status: ({ status }) => status,
    model: ({ model }) => String(model),
    escrow: ({ escrowUnits }) => amount(escrowUnits),
    spent: ({ spentUnits }) => amount(spentUnits),
    redundancy: ({ redundancy }) => String(redundancy),
    miners: ({ dedicatedMiners }) => (dedicatedMiners.length === 0 ? 'all' : dedicatedMiners.join(', ')),
    'shares prompts': ({ sharesPrompts }) => (sharesPrompts ? 'yes' : 'no'),
    for: ({ isBackground }) => (isBackground ? 'the network' : 'users'),
    payer: ({ payer }, around) => named(payer, around),
  },
};

function percent(bps = 0): string {
  return `${bps / 100} %`;
}

/** What was measured, in the unit of its column. */
function perUnit(measured: string | null, unit: number): string {
  return measured === null ? '–' : String(Math.round(Number(measured) / (unit / 10)) / 10);
}

/** The terms of a domain that hold in an epoch, and those that are announced for a later one (§4.9). */
function termsIn({ terms }: Domain, epoch: number) {
  const inForce = terms.findLast(({ fromEpoch }) => fromEpoch <= epoch) ?? null;
  return { inForce, announced: terms.find(({ fromEpoch }) => fromEpoch > epoch) ?? null };
}

/** Rows of one table, one a line. */
export function rowsTable(kind: Kind, rows: readonly Row[], around: Around): string[] {
  const shown = Object.entries(columns[kind] as Columns<Row>);
  const cells = rows.map((row) => [String(row.index), ...shown.map(([, cell]) => cell(row, around))]);
  return table([kind.slice(0, -1), ...shown.map(([title]) => title)], cells);
}

/** Every field of a row, one a line; amounts in units, ratios as fractions. */
export function rowLines(row: Row, around: Around): string[] {
  const { terms, hardware, ...plain } = { terms: null, hardware: null, ...row };
  const machine: [string, string][] = 'hardware' in row ? [['hardware', hardwareText(row.hardware)]] : [];
  return fields([...pairsOf(plain, around), ...machine, ...termPairs(row, around)]);
}

function termPairs(row: Row, around: Around): [string, string][] {
  if (!('terms' in row)) return [];
  const { inForce, announced } = termsIn(row, around.epoch);
  const pairs = inForce === null ? [] : pairsOf({ 'terms in force': inForce }, around);
  return announced === null ? pairs : [...pairs, ...pairsOf({ 'terms announced': announced }, around)];
}

/** Who staked on a miner; who has shares of a model, or backs it. */
export function holderLines(rows: readonly (Delegation | Holding)[], names: Names): string[] {
  if (rows.length === 0) return [];
  const around = { names, epoch: 0 };
  const cells = rows.map((row) =>
    'staker' in row
      ? [text('staker', row.staker, around), amount(row.stakeUnits)]
      : [text('holder', row.holder, around), String(row.shares), amount(row.backingUnits)],
  );
  const head = rows.some((row) => 'staker' in row)
    ? ['staker', 'staked']
    : ['holder', 'shares of 10000', 'backs it with'];
  return ['', ...table(head, cells)];
}

/** The members of a value, those of a group by the name of both. */
function pairsOf(value: object, around: Around): [string, string][] {
  return Object.entries(value).flatMap(([name, member]: [string, unknown]): [string, string][] => {
    if (typeof member !== 'object' || member === null) return [[plainName(name), text(name, member, around)]];
    if (!Array.isArray(member)) return pairsOf(member, around).map(([inner, shown]) => [`${name} ${inner}`, shown]);
    const isGroups = member.some((item) => typeof item === 'object');
    if (!isGroups) return [[name, member.map((item) => text(name, item, around)).join(', ') || 'none']];
    return member.map((item, i) => [`${name} ${i}`, inlineOf(item, around)]);
  });
}

const inlineOf = (value: object, around: Around): string =>
  pairsOf(value, around)
    .map((pair) => pair.join(' '))
    .join(', ');

/** What stands in a field that refers to nothing. */
const nothing = 0xffff_ffff;
/** Numbers by what their names end with. */
const scaled: Readonly<Record<string, (value: number) => string>> = {
  Ppb: ratio,
  Ppm: (value) => ratio(value * 1000),
  Micro: (value) => ratio(BigInt(value) * 1000n),
  Milli: (value) => ratio(BigInt(value) * 1_000_000n),
  Bps: percent,
  Ms: (value) => `${value} ms`,
};
/** What was measured, by the columns above. */
const rates: Readonly<Record<string, (value: string) => string>> = {
  hashRate: (value) => `${perUnit(value, 1000)} tokens/s`,
  bandwidth: (value) => `${perUnit(value, 1_000_000)} MB/s`,
};

const plainName = (name: string): string => name.replace(/(Units|Ppb|Ppm|Micro|Milli|Bps|Ms)$/, '');

function text(name: string, value: unknown, { names }: Around): string {
  const scale = Object.entries(scaled).find(([suffix]) => name.endsWith(suffix))?.[1];
  if (value === null || value === nothing) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && scale !== undefined) return scale(value);
  if (typeof value !== 'string') return String(value);
  if (name.endsWith('Units')) return amount(value);
  if (scale !== undefined && /^\d+$/.test(value)) return scale(Number(value));
  return rates[name]?.(value) ?? (names[value] === undefined ? value : `${value} (${names[value]})`);
}

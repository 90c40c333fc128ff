import {
  type Domain,
  formatUnits,
  type Gateway,
  type Holding,
  type Miner,
  type Mixer,
  type Model,
  type Role,
  type Session,
  type Validator,
} from '@assay/client';
import { ratio } from '@assay/explain/ratio';
import { fields, table } from '@assay/explain/table';

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
  readonly sessions: Session;
}
export type Kind = keyof Rows;
export type Row = Rows[Kind];
/** Names of keys by their addresses. */
export type Names = Readonly<Record<string, string>>;

type Columns<Listed> = Readonly<Record<string, (row: Listed, names: Names) => string>>;

const amount = (baseUnits: string) => formatUnits(BigInt(baseUnits));
const named = (address: string, names: Names) => names[address] ?? address;

const role: Columns<Role> = {
  status: ({ status }) => status,
  stake: ({ stakeUnits }) => amount(stakeUnits),
  duties: ({ epochDuties }) => String(epochDuties),
  strikes: ({ strikes }) => String(strikes),
  owner: ({ account }, names) => named(account, names),
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
    operator: ({ operator }, names) => named(operator, names),
  },
  mixers: reached,
  oracles: role,
  validators: reached,
  gateways: reached,
  domains: {
    name: ({ name }) => name,
    burn: ({ terms }) => percent(terms.at(-1)?.burnBps),
    gateways: ({ terms }) => percent(terms.at(-1)?.processorsBps),
    validators: ({ terms }) => percent(terms.at(-1)?.validatorsBps),
    domain: ({ terms }) => percent(terms.at(-1)?.domainBps),
    collateral: ({ terms }) => amount(terms.at(-1)?.minCollateralUnits ?? '0'),
    fee: ({ terms }) => amount(terms.at(-1)?.registrationFeeUnits ?? '0'),
    owner: ({ owner }, names) => named(owner, names),
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
    creator: ({ creator }, names) => named(creator, names),
  },
  holdings: {
    model: ({ model }) => String(model),
    shares: ({ shares }) => String(shares),
    offered: ({ offeredShares }) => String(offeredShares),
    'price each': ({ offeredShares, priceUnits }) => (offeredShares === 0 ? '–' : amount(priceUnits)),
    backs: ({ backingUnits }) => amount(backingUnits),
    holder: ({ holder }, names) => named(holder, names),
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
    payer: ({ payer }, names) => named(payer, names),
  },
};

function percent(bps = 0): string {
  return `${bps / 100} %`;
}

/** What was measured, in the unit of its column. */
function perUnit(measured: string | null, unit: number): string {
  return measured === null ? '–' : String(Math.round(Number(measured) / (unit / 10)) / 10);
}

/** Rows of one table, one a line. */
export function rowsTable(kind: Kind, rows: readonly Row[], names: Names): string[] {
  const shown = Object.entries(columns[kind] as Columns<Row>);
  const cells = rows.map((row) => [String(row.index), ...shown.map(([, cell]) => cell(row, names))]);
  return table([kind.slice(0, -1), ...shown.map(([title]) => title)], cells);
}

/** Every field of a row, one a line; amounts in units, ratios as fractions. */
export function rowLines(row: Row, names: Names): string[] {
  return fields(
    Object.entries(row).map(([name, value]) => [name.replace(/(Units|Ppb)$/, ''), text(name, value, names)]),
  );
}

function text(name: string, value: unknown, names: Names): string {
  if (typeof value === 'string' && name.endsWith('Units')) return amount(value);
  if (typeof value === 'number' && name.endsWith('Ppb')) return ratio(value);
  if (typeof value === 'string') return names[value] === undefined ? value : `${value} (${names[value]})`;
  return JSON.stringify(value);
}

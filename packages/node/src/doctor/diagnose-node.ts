import { formatUnits, type Hindrance } from '@assay/client';
import type { Genesis } from '@assay/protocol';
import { type Finding, failed, ok, warning } from './finding.ts';

/** The keys of a data directory. */
export interface KeyFacts {
  readonly path: string;
  /** Whether others on this machine may read the file. */
  readonly isOpen: boolean;
  /** Whether the passphrase is the one that everybody knows. */
  readonly isUsual: boolean;
  /** Whether the key that owns the miner still lies beside them. */
  readonly hasOwnerKeys: boolean;
  readonly names: readonly string[];
  /** Why the passphrase does not open them; null where it does. */
  readonly problem: string | null;
}

/** What the account of a role holds. */
export interface FundsFacts {
  readonly name: string;
  readonly kind: string;
  readonly address: string;
  readonly isRegistered: boolean;
  /** Base units. */
  readonly balance: bigint;
  /** Why its deposit is too small; null where it is not. */
  readonly short: Hindrance | null;
}

/** A role, and where others may dial it. */
export interface ReachFacts {
  readonly kind: string;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
}

/** What a role leaves as a deposit at least, by the genesis, base units; null where that does not say. */
export function depositOf(
  { domains, params }: Pick<Genesis, 'domains' | 'params'>,
  { kind, domain }: { readonly kind: 'miner' | 'mixer' | 'oracle' | 'validator' | 'gateway'; readonly domain: number },
): bigint | null {
  if (kind === 'miner') return domains[domain]?.minCollateralUnits ?? null;
  return params.stake[`${kind}MinUnits`];
}

/** Whether the keys are there and only their node can use them. */
export function diagnoseKeys(keys: KeyFacts | null): Finding {
  if (keys === null) return ok('keys', 'There are no keys yet: `assay join` makes them. They decide who is paid.');
  const { path, isOpen, isUsual, hasOwnerKeys, names, problem } = keys;
  if (problem !== null) {
    const cure = 'Set ASSAY_PASSPHRASE to the one they were made with; without them nobody can take the stake out.';
    return failed('keys', problem, cure);
  }
  if (isOpen) return warning('keys', `Others on this machine may read ${path}, and pay with it.`, `chmod 600 ${path}`);
  const there = `${path} holds ${names.length} keys (${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''})`;
  if (isUsual) {
    const text = `${there}, under a passphrase that everybody knows: whoever has the file has the money.`;
    return warning(
      'keys',
      text,
      'In a network whose units are worth something set ASSAY_PASSPHRASE before the keys are made.',
    );
  }
  if (hasOwnerKeys) {
    const text = `${there}. The key that owns the miner and its collateral lies beside them.`;
    return warning('keys', text, 'Move owner-keys.json to where nothing runs, and keep a copy.');
  }
  return ok('keys', `${there}, and the passphrase opens it.`);
}

/** Whether the accounts hold what the network asks; `funds` is null where no node answers. */
export function diagnoseFunds(funds: readonly FundsFacts[] | null, depositUnits: bigint | null): Finding[] {
  const needed = depositUnits === null ? '' : ` The network asks for ${formatUnits(depositUnits)} units as a deposit.`;
  if (funds === null) {
    const text = `No node of this directory runs, so nobody was asked what its accounts hold.${needed}`;
    return [ok('funds', text)];
  }
  const well = funds.filter(({ isRegistered, short }) => isRegistered && short === null);
  const lacking = funds.filter((each) => !well.includes(each)).map((each) => ofLacking(each, needed));
  return [...lacking, ...(well.length === 0 ? [] : [ok('funds', wellText(well))])];
}

function ofLacking({ name, kind, address, balance, short }: FundsFacts, needed: string): Finding {
  const holds = `${name} (${address}) holds ${formatUnits(balance)} units`;
  if (short !== null) return warning('funds', `${holds}. ${short.sentence} So it may earn nothing.`, short.cure ?? '');
  const cure = `Send units to ${address}, or wait for a faucet: the node goes on by itself.`;
  return warning('funds', `${holds}, and is no registered ${kind}: it is not paid.${needed}`, cure);
}

function wellText(well: readonly FundsFacts[]): string {
  const [first, ...more] = well.toSorted((a, b) => (a.balance < b.balance ? -1 : 1));
  const least = formatUnits(first?.balance ?? 0n);
  if (more.length === 0) return `${first?.name} has its deposit, and ${least} units besides: it can be paid.`;
  return `${well.length} roles have their deposits, and at least ${least} units each besides: they can be paid.`;
}

/** Those that others must be able to dial: nobody sends work to who is not reached. */
const dialled: ReadonlySet<string> = new Set(['mixer', 'gateway']);

/** Which roles others must dial, and whether they can. */
export function diagnoseReach(roles: readonly ReachFacts[]): Finding[] {
  const found = roles.filter(({ kind }) => dialled.has(kind));
  const silent = found.filter(({ listen }) => listen.length === 0).map(({ kind }) => kind);
  if (silent.length > 0) {
    const text = `Others dial a ${silent.join(' and a ')}, and it listens nowhere: it gets no work and no pay.`;
    return [failed('reach', text, 'Name a port that others reach: --listen 0.0.0.0:PORT --announce ADDRESS:PORT.')];
  }
  const local = found.filter(({ listen, announce }) => (announce.length > 0 ? announce : listen).every(isHidden));
  if (local.length > 0) {
    const where = local.map(({ kind, announce, listen }) => `${kind} at ${[...announce, ...listen][0]}`).join(', ');
    const text = `Others dial ${where}, which is no address of the open net: in one of others it gets no work.`;
    return [warning('reach', text, 'Say where it is reached with --announce ADDRESS:PORT.')];
  }
  if (found.length > 0)
    return [ok('reach', `Others dial ${found.map(({ kind }) => kind).join(', ')}, which say where.`)];
  const dialling = [...new Set(roles.map(({ kind }) => kind))].join(', ');
  return dialling === '' ? [] : [ok('reach', `A ${dialling} only dials: it needs no open port, and is paid without.`)];
}

/** Whether a multiaddress is one of this machine, or of everywhere, or of a home network. */
const isHidden = (address: string) =>
  /^\/ip4\/(127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^\/ip6\/(::1?|f[cd]..|fe80)[:/]/.test(address);

import { ClientError } from '@assay/client';
import { Refusal } from '@assay/explain/refusal';
import { AssayError } from '@assay/protocol';
import type { ExitName } from './exit-codes.ts';

/** A command that cannot go on; the message says what happened and what to do. */
export class CliError extends Error {
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CliError';
    this.exit = exit;
  }
}

/** How a command ended badly, in words and as a status. */
export interface Failure {
  readonly exit: ExitName;
  /** The network's or node's own code where there is one, else the name of the exit. */
  readonly code: string;
  readonly message: string;
}

const systemErrors: Readonly<Record<string, { exit: ExitName; sentence: string }>> = {
  EADDRINUSE: {
    exit: 'portInUse',
    sentence: 'The port is already in use; choose another with --port (0 picks a free one).',
  },
  ENOSPC: {
    exit: 'diskFull',
    sentence: 'The disk is full; free some space, or choose another place with --data or ASSAY_HOME.',
  },
  EACCES: { exit: 'failure', sentence: 'The system denies access; check who owns the file.' },
};

/** The sentence and status for anything thrown by a command. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return { exit: error.exit, code: error.exit, message: error.message };
  if (error instanceof Refusal) return { exit: error.kind, code: error.kind, message: error.message };
  if (error instanceof ClientError) return { exit: exitOfAnswer(error), code: error.code, message: error.message };
  if (error instanceof AssayError) return { exit: exitOfAssayError(error), code: error.code, message: error.message };
  const system = systemErrors[codeOf(error)];
  const message = error instanceof Error ? error.message : String(error);
  if (system === undefined) return { exit: 'failure', code: 'failure', message };
  return { exit: system.exit, code: system.exit, message: `${system.sentence} (${message})` };
}

function exitOfAnswer(error: ClientError): ExitName {
  if (error.code === 'NODE_NOT_REACHABLE') return 'unreachable';
  if (error.code === 'BAD_RECEIPT' || error.code === 'BAD_PROOF') return 'verification';
  if (error.code === 'BAD_TRUST') return 'usage';
  return exitOfStatus(error.status);
}

/** The status for an HTTP answer that is not a success. */
export function exitOfStatus(status: number): ExitName {
  if (status === 404) return 'notFound';
  return status >= 400 && status !== 500 ? 'refused' : 'failure';
}

const exitsByCode: Readonly<Record<string, ExitName>> = {
  NOT_FOUND: 'notFound',
  MODEL_NOT_FOUND: 'model',
  MODEL_FILE_UNUSABLE: 'model',
  MODEL_UNAVAILABLE: 'model',
  DATA_IN_USE: 'dataDirectory',
  OTHER_CHAIN: 'dataDirectory',
  DATA_DAMAGED: 'dataDirectory',
  DATA_INCOMPLETE: 'dataDirectory',
  DATA_NOT_OWN: 'dataDirectory',
  BAD_INVITATION: 'usage',
  NO_PEER: 'unreachable',
  CONFIG_UNUSABLE: 'dataDirectory',
  NOT_REGISTERED: 'dataDirectory',
  LEDGER_HALTED: 'dataDirectory',
  NO_PROPOSER: 'dataDirectory',
  NO_EARLIER_BLOCKS: 'notFound',
  KEYS_LOCKED: 'dataDirectory',
  KEYS_DAMAGED: 'dataDirectory',
  DISK_FULL: 'diskFull',
};

function exitOfAssayError(error: AssayError): ExitName {
  return exitsByCode[error.code] ?? systemErrors[codeOf(error.cause)]?.exit ?? 'failure';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

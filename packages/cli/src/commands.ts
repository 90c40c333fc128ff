import type { Command } from './command.ts';
import { adversariesCommand } from './commands/adversaries.ts';
import { apiKeyListCommand } from './commands/api-key-list.ts';
import { apiKeyNewCommand } from './commands/api-key-new.ts';
import { apiKeyRevokeCommand } from './commands/api-key-revoke.ts';
import { balanceCommand } from './commands/balance.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import { caseAppealCommand } from './commands/case-appeal.ts';
import { caseDecideCommand } from './commands/case-decide.ts';
import { caseListCommand } from './commands/case-list.ts';
import { caseShowCommand } from './commands/case-show.ts';
import { chatCommand } from './commands/chat.ts';
import { committeeCommand } from './commands/committee.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainAuditCommand } from './commands/explain-audit.ts';
import { explainPayoutCommand } from './commands/explain-payout.ts';
import { explainPowerCommand } from './commands/explain-power.ts';
import { explainSelectionCommand } from './commands/explain-selection.ts';
import { explainSlashCommand } from './commands/explain-slash.ts';
import { govDryRunCommand } from './commands/gov-dry-run.ts';
import { govListCommand } from './commands/gov-list.ts';
import { govShowCommand } from './commands/gov-show.ts';
import { inviteCommand } from './commands/invite.ts';
import { joinCommand } from './commands/join.ts';
import { keysCommand } from './commands/keys.ts';
import { listCommand } from './commands/list.ts';
import { minerStatusCommand } from './commands/miner-status.ts';
import { modelsAddCommand } from './commands/models-add.ts';
import { modelsListCommand } from './commands/models-list.ts';
import { modelsPullCommand } from './commands/models-pull.ts';
import { networkDownCommand } from './commands/network-down.ts';
import { networkInitCommand } from './commands/network-init.ts';
import { networkLogsCommand } from './commands/network-logs.ts';
import { networkStatusCommand } from './commands/network-status.ts';
import { networkUpCommand } from './commands/network-up.ts';
import { paramsJusticeCommand } from './commands/params-justice.ts';
import { paramsShowCommand } from './commands/params-show.ts';
import { paramsWashCommand } from './commands/params-wash.ts';
import { proveCommand } from './commands/prove.ts';
import { queueCommand } from './commands/queue.ts';
import { receiptGetCommand } from './commands/receipt-get.ts';
import { receiptVerifyCommand } from './commands/receipt-verify.ts';
import { replayCommand } from './commands/replay.ts';
import { rolesCommand } from './commands/roles.ts';
import { runCommand } from './commands/run.ts';
import { schemaCommandOf } from './commands/schema.ts';
import { statusCommand } from './commands/status.ts';
import { taskCommand } from './commands/task.ts';
import { tasksCommand } from './commands/tasks.ts';
import { txCommands } from './commands/tx.ts';
import { upCommand } from './commands/up.ts';

const described: readonly Command[] = [
  upCommand,
  joinCommand,
  runCommand,
  doctorCommand,
  inviteCommand,
  networkInitCommand,
  networkUpCommand,
  networkStatusCommand,
  networkLogsCommand,
  networkDownCommand,
  statusCommand,
  minerStatusCommand,
  balanceCommand,
  chatCommand,
  tasksCommand,
  taskCommand,
  receiptGetCommand,
  receiptVerifyCommand,
  queueCommand,
  committeeCommand,
  listCommand,
  proveCommand,
  explainSelectionCommand,
  explainPayoutCommand,
  explainAuditCommand,
  explainPowerCommand,
  explainSlashCommand,
  caseListCommand,
  caseShowCommand,
  caseDecideCommand,
  caseAppealCommand,
  adversariesCommand,
  replayCommand,
  ...txCommands,
  govListCommand,
  govShowCommand,
  govDryRunCommand,
  paramsShowCommand,
  paramsJusticeCommand,
  paramsWashCommand,
  modelsListCommand,
  modelsAddCommand,
  modelsPullCommand,
  calibrateCommand,
  keysCommand,
  apiKeyListCommand,
  apiKeyNewCommand,
  apiKeyRevokeCommand,
  rolesCommand,
];

/** Every command, in the order of `assay --help`. */
export const commands: readonly Command[] = [...described, schemaCommandOf(described)];

/** Every status this command line ends with; numbers never change their meaning (`spec/cli.md`). */
export const exitCodes = {
  ok: { code: 0, meaning: 'Done.' },
  failure: { code: 1, meaning: 'Unexpected failure.' },
  usage: { code: 2, meaning: 'Wrong usage: an argument, an option or an input file.' },
  unreachable: { code: 3, meaning: 'No node answers at the address.' },
  notFound: { code: 4, meaning: 'What was asked for does not exist.' },
  refused: { code: 5, meaning: 'The network refused.' },
  portInUse: { code: 6, meaning: 'The port is in use.' },
  dataDirectory: { code: 7, meaning: 'The data directory is in use, of another chain, corrupt, or no data directory.' },
  model: { code: 8, meaning: 'The model is missing or corrupt, or no source has it.' },
  diskFull: { code: 9, meaning: 'The disk is full.' },
  verification: { code: 10, meaning: 'A receipt, a proof or a replay does not verify.' },
  interrupted: { code: 130, meaning: 'Interrupted before a clean end.' },
} as const;

export type ExitName = keyof typeof exitCodes;

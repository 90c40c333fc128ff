/** Every maximum of the protocol. Queues, lists and messages cite one of these; relations are checked at load. */
export const limits = {
  /**
   * What integers of 64 bits may hold, by their meaning (§2.11): so far below 2^53 that what is added to one stays
   * exact.
   */
  maxHeight: 2 ** 48 - 1,
  maxTimeMs: 2 ** 45 - 1,
  maxCount: 2 ** 48 - 1,
  /** Largest block body, bytes (§2.1). */
  maxBlockBytes: 4 * 1024 * 1024,
  /** Largest single transaction, bytes. */
  maxTransactionBytes: 2 * 1024 * 1024,
  /** Transactions in one block. */
  maxBlockTransactions: 16_384,
  /** Attestations in one certified batch (§7.2). */
  maxBatchReceipts: 4096,
  /** Late steps in one batch: each is offered with the votes of the mixers. */
  maxBatchTransitions: 128,
  /** Challenge reports in one batch: each takes a signature check. */
  maxBatchReports: 256,
  /**
   * Mixers that measure a miner in an epoch on average, the epochs whose values count, most challenges of one mixer,
   * and most of them that it disputes (§8).
   */
  measurers: 3,
  measuredEpochs: 7,
  maxChallenges: 64,
  maxDisputed: 8,
  /** Token ids a known answer is compared by, miners that are asked for it, and its epochs (§15.3). */
  knownTokens: 512,
  knownMiners: 4,
  knownEpochs: 2,
  /** Pings of one measurement; the least round trip counts (§15.1). */
  pings: 20,
  /**
   * Bytes a miner sends to show its bandwidth, and in one message (§15.2): 84 ms at 100 Mbit/s, and a few milliseconds
   * of work for a laptop that is mixer and miner at once.
   */
  dataBytes: 1024 * 1024,
  dataPieceBytes: 64 * 1024,
  /** Active mixers (§7.1); also the length of a certificate's signer bits. */
  maxMixers: 128,
  /** Most epochs for which one absence takes a mixer's seat (§7.13). */
  maxAbsenceEpochs: 16,
  /** Rows that one block forgets (§2.5). */
  maxPrunedRows: 1000,
  /** Rows of any one table. */
  maxTableRows: 2 ** 32,
  /** Largest single row, serialised, bytes. */
  maxRowBytes: 64 * 1024,
  /** Stages of the emission schedule after the first. */
  maxEmissionStages: 64,
  /** Reward periods that are counted. */
  maxPeriods: 2 ** 32 - 1,
  /** Terms of a domain: those that hold and those to come. */
  maxDatedTerms: 2,
  /** Operators that are admitted to a domain and have not registered yet. */
  maxAdmitted: 64,
  /** Network addresses of one role, and bytes of one (§3.11). */
  maxNetAddresses: 4,
  maxNetAddressBytes: 128,
  /** Models one miner may serve. */
  maxModelsPerMiner: 16,
  /** Miners a dedicated session may name (§4.11). */
  maxDedicatedMiners: 8,
  /** Epochs whose work counts for a validator's power (economics §8). */
  powerEpochs: 8,
  /** Validators whose signatures make one seal (§2.1.1). */
  maxSealSignatures: 1024,
  /** Audits of which one transaction commits to or opens the numbers (§10.19). */
  maxAuditItems: 256,
  /** What a small audit counts for at least, tokens: each is fetched, rendered and judged (§10.23). */
  minAuditTokens: 256,
  /** Blocks whose verdicts say how many tasks may wait for theirs (§14.5). */
  auditLagBlocks: 32,
  /** Auditors one task may be given: one first, two to confirm, one replacement for each (§10.4). */
  maxAuditorsPerTask: 6,
  /**
   * Bytes of one piece of a model file and the most pieces of one, 128 GiB; in its manifest bytes of the licence, the
   * addresses it can be had from, and bytes of one (§4.15).
   */
  modelPieceBytes: 1024 * 1024,
  maxModelPieces: 131_072,
  maxLicenceBytes: 128,
  maxSources: 8,
  maxSourceBytes: 512,
  /** Shares of one model (§4.7). */
  modelShares: 10_000,
  /** Validators that vote on one model (§4.5). */
  maxPanelSeats: 16,
  /** Blocks for which the beacon value is kept in state (§9.1). */
  beaconWindow: 256,
  /** Longest prompt or output, tokens. */
  maxTokens: 131_072,
  /** Tokens in one artifact window, one Merkle leaf (§10.2). */
  windowTokens: 32,
  /** Windows of one artifact. */
  maxWindows: 4096,
  /** Reported alternatives per token (evidence level 2). */
  topLogprobs: 5,
  /** Largest request body accepted at an edge, bytes. */
  maxRequestBytes: 1024 * 1024,
  /** Longest text the network carries as one output, bytes. */
  maxOutputBytes: 1024 * 1024,
  /** Largest peer message, bytes. */
  maxMessageBytes: 4 * 1024 * 1024,
  /** Messages in one conversation, and stop sequences of one request. */
  maxMessages: 1024,
  maxStops: 4,
  maxStopBytes: 256,
  /** Alternatives per token a client may ask for. */
  maxTopLogprobs: 20,
  /** Longest text of one token, bytes; tokens in one streamed chunk. */
  maxTokenBytes: 1024,
  maxChunkTokens: 4096,
  /** Names (chain id, model, domain), bytes. */
  maxNameBytes: 64,
  /** Path of a parameter and its value as JSON text, bytes (§12.2). */
  maxPathBytes: 64,
  maxParameterBytes: 1024,
  /** Members of the foundation. */
  maxFoundation: 16,
  /** Longest time a signed request may still hold when a mixer takes it, milliseconds (§5.22). */
  maxRequestValidityMs: 600_000,
  /** Signed requests a mixer remembers: half of them for what it admits, the rest for what it checks (§5.22). */
  maxUsedRequests: 262_144,
  /** Transactions that wait for a block, free duties and others each: in all, and their bytes (§16.12). */
  maxWaitingTransactions: 65_536,
  maxWaitingBytes: 64 * 1024 * 1024,
  /** Those of one sender that pay, and their bytes. */
  maxWaitingPerSender: 4096,
  maxWaitingBytesPerSender: 2 * 1024 * 1024,
  /** Blocks a restart applies again at most: after so many a snapshot is written. */
  maxReplayBlocks: 10_000,
  /** Snapshots a node offers to others. */
  maxServedSnapshots: 16,
  /** Largest state that is fetched from another node, bytes: what one array holds with room to spare. */
  maxSnapshotBytes: 1024 * 1024 * 1024,
  /** Largest seal, serialised, bytes. */
  maxSealBytes: 512 * 1024,
  /** Parsed public keys a process keeps, of each kind. */
  maxCachedKeys: 65_536,
} as const;

if (limits.maxTransactionBytes >= limits.maxBlockBytes) throw new Error('limits: a transaction must fit in a block');
if (limits.maxRequestBytes >= limits.maxMessageBytes) throw new Error('limits: a request must fit in a message');
if (limits.maxTransactionBytes > limits.maxWaitingBytesPerSender)
  throw new Error('limits: a transaction must be able to wait');
if (limits.maxBlockBytes > limits.maxWaitingBytes) throw new Error('limits: a full block must be able to wait');
if (limits.dataBytes % limits.dataPieceBytes !== 0) throw new Error('limits: the data must end with a whole piece');
if (limits.maxWindows * limits.windowTokens !== limits.maxTokens)
  throw new Error('limits: windows must cover all tokens');

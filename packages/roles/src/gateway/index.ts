/**
 * A gateway stands between applications and the network: it knows API keys, and which session each spends. It turns a
 * request into a signed task, asks the session's home mixer, then the ones after it, and gives the answer as it comes.
 * It holds no money and decides nothing about a task: who runs it, and what it costs, is for the mixer and the ledger.
 */
export { type ApiKey, type ApiKeys, Gateway, hashOfApiKey } from './service.ts';

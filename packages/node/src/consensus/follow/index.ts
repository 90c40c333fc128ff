/**
 * Following a chain that others agree on: any node serves its chain, and who has no part in the consensus takes blocks
 * from several of them, believes none, and hands transactions on.
 */
export { FollowEngine, type FollowOptions } from './engine.ts';
export { ChainServer, type ChainServerOptions } from './server.ts';

/**
 * A miner runs the tasks that draws give it and commits to what came out (§5). What runs them is a worker: a model of
 * this node, whose tokens can be checked again, or a server of text, whose tokens cannot. Before it signs, a miner
 * checks its own answer as an auditor would, and now and then it plants wrong numbers, to see who looks (§14.13).
 */
export { Generation, windowsOf } from './artifact.ts';
export { LoadingMiner } from './loading.ts';
export { usualPlantsOneIn } from './plants.ts';
export { generateAgain } from './retry.ts';
export { Miner } from './service.ts';
export { modelWorker, upstreamWorker, type Worker } from './worker.ts';

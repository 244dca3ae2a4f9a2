export type { Answer, FailureAnswer } from './answer.ts';
export { AnswerDecoder } from './answer-decoder.ts';
export type { AnswerEnd } from './answer-decoder.ts';
export { encodeAnswer } from './answer-encoder.ts';
export type { Garbage } from './answer-state.ts';
export { childIdOfDirectory, isChildId, pipeDirectoryPrefix } from './child-id.ts';
export { UnencodableError, WordsError } from './errors.ts';
export type { UnencodableCode, WordsCode } from './errors.ts';
export {
  allowedVariablesDefault,
  answerLineBytesMax,
  childConnectTimeoutSecondsMax,
  childIdCharactersMax,
  failureReasonCharactersMax,
  quotedBytesMax,
  requestBytesMax,
} from './limits.ts';
export type { RequestLimits } from './limits.ts';
export { encodeRefusal, refusalAnswer, requestTimedOut, requestTimedOutAnswer } from './refusal.ts';
export type { Refusal } from './refusal.ts';
export { forkRequest } from './request.ts';
export type { ForkRequest, Request, RequestKind } from './request.ts';
export { RequestDecoder } from './request-decoder.ts';
export type { RequestDecoderOptions } from './request-decoder.ts';
export { encodeRequest } from './request-encoder.ts';
export type { RequestOutcome, RequestProgress } from './request-outcome.ts';
export { exitStatusOf, readWaitStatus, signalStatusOf } from './wait-status.ts';
export type { WaitStatus } from './wait-status.ts';
export { quoteWords, splitWords } from './words.ts';

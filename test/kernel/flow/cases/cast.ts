// Who plays in most cases.
import type { EndpointName } from '../expectation.ts';
import { pod } from '../source.ts';

/** Two endpoints on node-1 and two on node-2. */
export const NEAR: EndpointName = 'pod-1-1:8080';
export const NEAR_2: EndpointName = 'pod-1-2:8080';
export const FAR: EndpointName = 'pod-2-1:8080';
export const FAR_2: EndpointName = 'pod-2-2:8080';

/** Clients that are nobody's endpoint. */
export const onNode1 = pod('pod-1-17');
export const onNode2 = pod('pod-2-18');
export const onNode3 = pod('pod-3-1');

import { describeApiClient } from '../test/api-client-contract.ts';
import { createApiClient } from './api-client.ts';

describeApiClient('the admission path’s own', createApiClient);

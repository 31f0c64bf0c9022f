import { describeApiClient } from '../test/api-client-contract.ts';
import { createHttpsClient } from './https-client.ts';

describeApiClient('node:https behind a deadline and limits', createHttpsClient);

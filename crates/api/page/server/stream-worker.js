/** The worker that all tabs of a browser share: it has the streams. */

import { Broker } from "./broker.js";

const broker = new Broker();

addEventListener("connect", (event) => broker.join(/** @type {MessageEvent} */ (event).ports[0]));

-- Answers the store's time, and how far it is ahead of the clock, both in ms.
return {now, ahead}

-- How the priorities share a model, of a script whose ARGV[7] says it: high, normal, low.
local weights = {struct.unpack('>I2I2I2', ARGV[7])}

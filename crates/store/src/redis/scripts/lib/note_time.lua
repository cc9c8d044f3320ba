-- Notes the store's time: of a script that writes. Once a second is enough, since a clock that is set
-- back by less does not matter.
if was_set_back or now - noted_time >= 1000 then
  redis.call('SET', CLOCK, struct.pack(CLOCK_FORM, now, ahead))
end

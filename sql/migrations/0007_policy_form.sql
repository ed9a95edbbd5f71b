-- Functions that are no more. CASCADE: the policies are made anew behind them.
DROP FUNCTION IF EXISTS access.policies_first() CASCADE;
DROP FUNCTION IF EXISTS access.sees_all_stores() CASCADE;
DROP FUNCTION IF EXISTS access.store_mask() CASCADE;
DROP FUNCTION IF EXISTS access.visible_stores() CASCADE;

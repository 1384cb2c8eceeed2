// Asks for rows by masked keys as Java programs do. One question a line: form, column, type, values, tab between them.
// One answer a line: "ids 1 3", or "refused" and the server's message.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.StringJoiner;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;

public class MaskedKeys {
    private static final String SELECT = "select id from vault where ";

    public static void main(String[] words) throws Exception {
        // A negative threshold has every parameter that can go in binary sent so from the first time.
        try (Connection text = DriverManager.getConnection(words[0]);
                Connection binary = DriverManager.getConnection(words[0] + "&prepareThreshold=-1&binaryTransferEnable=1700");
                Connection simple = DriverManager.getConnection(words[0] + "&preferQueryMode=simple");
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] said = line.split("\t");
                System.out.println(answer(text, binary, simple, said));
                System.out.flush();
            }
        }
    }

    private static String answer(Connection text, Connection binary, Connection simple, String[] said) {
        String[] values = said[3].split("\\|");
        try {
            switch (said[0]) {
                case "literal":
                    return literal(simple, said, values[0]) + literal(text, said, values[0]).substring(3);
                case "text Bind":
                    return bound(text, said, values[0]);
                case "binary Bind":
                    return bound(binary, said, values[0]);
                case "IN":
                    return listed(text, said, values);
                case "ANY":
                    return arrayed(text, said, values);
                default:
                    return copied(text, said, values[0]);
            }
        } catch (Exception refused) {
            return "refused " + String.valueOf(refused.getMessage()).replace('\n', ' ');
        }
    }

    private static String literal(Connection asker, String[] said, String value) throws SQLException {
        String quoted = number(said) ? value : "'" + value + "'";
        try (Statement statement = asker.createStatement();
                ResultSet rows = statement.executeQuery(SELECT + said[1] + " = " + quoted)) {
            return ids(rows);
        }
    }

    private static String bound(Connection asker, String[] said, String value) throws SQLException {
        try (PreparedStatement statement = asker.prepareStatement(SELECT + said[1] + " = ?")) {
            set(statement, 1, said, value);
            try (ResultSet rows = statement.executeQuery()) {
                return ids(rows);
            }
        }
    }

    private static String listed(Connection asker, String[] said, String[] values) throws SQLException {
        StringJoiner marks = new StringJoiner(", ");
        for (String ignored : values) {
            marks.add("?");
        }
        try (PreparedStatement statement = asker.prepareStatement(SELECT + said[1] + " in (" + marks + ")")) {
            for (int at = 0; at < values.length; at++) {
                set(statement, at + 1, said, values[at]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                return ids(rows);
            }
        }
    }

    private static String arrayed(Connection asker, String[] said, String[] values) throws SQLException {
        String kind = said[2].equals("bigint") ? "int8" : said[2].equals("numeric") ? "numeric" : "text";
        Object[] elements = new Object[values.length];
        for (int at = 0; at < values.length; at++) {
            elements[at] = kind.equals("int8") ? (Object) Long.valueOf(values[at]) : values[at];
        }
        Array array = asker.createArrayOf(kind, elements);
        try (PreparedStatement statement = asker.prepareStatement(SELECT + said[1] + " = any(?)")) {
            statement.setArray(1, array);
            try (ResultSet rows = statement.executeQuery()) {
                return ids(rows);
            }
        }
    }

    private static String copied(Connection asker, String[] said, String value) throws Exception {
        CopyManager copying = new CopyManager(asker.unwrap(BaseConnection.class));
        copying.copyIn("copy intake (id, " + said[1] + ") from stdin", new StringReader("7\t" + value + "\n"));
        return "ids";
    }

    private static void set(PreparedStatement statement, int at, String[] said, String value) throws SQLException {
        if (said[2].equals("bigint")) {
            statement.setLong(at, Long.parseLong(value));
        } else if (said[2].equals("numeric")) {
            statement.setBigDecimal(at, new BigDecimal(value));
        } else {
            statement.setString(at, value);
        }
    }

    private static boolean number(String[] said) {
        return said[2].equals("bigint") || said[2].equals("numeric");
    }

    private static String ids(ResultSet rows) throws SQLException {
        StringBuilder found = new StringBuilder("ids");
        while (rows.next()) {
            found.append(' ').append(rows.getInt(1));
        }
        return found.toString();
    }
}
